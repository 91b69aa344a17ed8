// Passkeys: asks the browser for a new one, or for one that is known, and sends its answer with the form around it.

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-new-passkey], [data-passkey]"));
const button = form.querySelector("[data-passkey-do]");
const said = form.querySelector("[data-passkey-said]");
const { newPasskey, passkey } = form.dataset;

const WHY = {
  NotAllowedError: "The passkey was not given. Try again, or take another way.",
  InvalidStateError: "This passkey is added already.",
  SecurityError: "Passkeys do not work at this address. Open Amble by its name, and by https.",
};
const NO_PASSKEYS = "This browser is too old for passkeys. Take another way.";

async function answer() {
  if (newPasskey) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(newPasskey).publicKey);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(passkey).publicKey);
  return navigator.credentials.get({ publicKey });
}

async function go(event) {
  event.preventDefault();
  said.hidden = true;
  button.disabled = true;
  try {
    form.elements.passkey.value = JSON.stringify((await answer()).toJSON());
    form.submit();
  } catch (error) {
    said.textContent = WHY[error.name] ?? NO_PASSKEYS;
    said.hidden = false;
  } finally {
    button.disabled = false;
  }
}

button.hidden = false;
button.addEventListener("click", go);
