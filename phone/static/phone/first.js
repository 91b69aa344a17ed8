// Runs before the page is drawn: language, size and start screen, and the taps that come before the modules do.
(() => {
  /** @type {{language?: string, large?: boolean, joined?: boolean}} */
  let hints = {};
  try {
    hints = JSON.parse(localStorage.getItem("amble") ?? "{}");
  } catch {
    // A phone that forbids storage says so when something is saved.
  }
  const root = document.documentElement;
  root.lang = hints.language ?? (navigator.language.startsWith("es") ? "es" : "en");
  root.classList.toggle("joined", hints.joined === true);
  root.classList.toggle("large", hints.large === true);
  root.dataset.screen = location.pathname === "/app/" ? "today" : "other";

  // The browser offers this once, early; the patient is asked later, on the screen that says why.
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    window.amble.install = /** @type {any} */ (event);
  });

  /** @type {Tap[]} */
  const taps = [];
  window.amble = { taps, tapped: (tap) => taps.push(tap) };
  document.addEventListener("click", (event) => {
    const key = event.target instanceof Element ? event.target.closest("#pad [data-score]") : null;
    if (!(key instanceof HTMLElement)) return;
    const strip = /** @type {HTMLElement} */ (key.closest("[data-region]"));
    for (const other of strip.querySelectorAll("[data-score]")) {
      other.setAttribute("aria-pressed", String(other === key));
    }
    window.amble.tapped({
      region: /** @type {Region} */ (strip.dataset.region),
      score: Number(key.dataset.score),
      at: Date.now(),
    });
  });
})();
