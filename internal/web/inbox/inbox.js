// Shows messages as they come, but not while somebody has text selected, to copy it. And copies PINs and codes.
"use strict";

async function look() {
  try {
    const shown = document.getElementById("messages");
    const messages = await (await fetch("/messages")).json();
    const newest = messages.length > 0 ? messages[0].id : "";
    if (newest !== shown.dataset.newest && String(getSelection()) === "") {
      const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
      shown.replaceWith(page.getElementById("messages"));
      offerCopies();
    }
  } catch {
    // The demo is stopped or starting; the next look may find it.
  }
  setTimeout(look, 1000);
}

function offerCopies() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  }
});

offerCopies();
setTimeout(look, 1000);
