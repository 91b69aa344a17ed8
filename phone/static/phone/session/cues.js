// Sound, vibration and a screen that stays on. Each is a help where the phone has it, and nothing waits for it.

/** @type {AudioContext | undefined} */
let audio;
/** @type {{release(): Promise<void>} | undefined} */
let lock;
let awake = false;

/** Call it inside a tap: later a phone plays nothing on its own. */
export function unlock() {
  awake = true;
  void stayAwake();
  try {
    const session = /** @type {{audioSession?: {type: string}}} */ (navigator).audioSession;
    if (session) session.type = "ambient"; // music goes on, and the silent switch is heeded
    audio ??= new AudioContext();
    void audio.resume();
  } catch {
    // Without sound the ring says it all.
  }
}

/** Let the screen sleep, and the sound go. */
export function rest() {
  awake = false;
  void lock?.release().catch(() => {});
  lock = undefined;
  void audio?.suspend().catch(() => {});
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !awake) return;
  void stayAwake(); // a phone takes it back when it hides the page
  void audio?.resume().catch(() => {});
});

async function stayAwake() {
  try {
    lock = await /** @type {any} */ (navigator).wakeLock?.request("screen");
  } catch {
    // Low battery: the timer goes by timestamps and needs no light.
  }
}

/** A short tone for a count, a long one for the end of a step. @param {"count" | "end"} kind @param {boolean | undefined} silent */
export function cue(kind, silent) {
  navigator.vibrate?.(kind === "end" ? 300 : 60);
  if (!audio || silent) return;
  const [tone, loudness, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime];
  const seconds = kind === "end" ? 0.5 : 0.12;
  tone.frequency.value = kind === "end" ? 880 : 587;
  loudness.gain.setValueAtTime(0.25, at);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  tone.connect(loudness).connect(audio.destination);
  tone.start(at);
  tone.stop(at + seconds);
}
