// A second press while a form is on its way does nothing. The buttons stay enabled, because a
// disabled one does not send its value and loses the focus.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  // The answer may open an app and leave this page as it is.
  setTimeout(() => form.removeAttribute("aria-busy"), 5000);
});

// The back button may bring the page back as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
  }
});
