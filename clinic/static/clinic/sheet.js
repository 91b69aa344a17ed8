// The print button of a sheet, where scripts run; without them the browser's own menu prints it as well.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
