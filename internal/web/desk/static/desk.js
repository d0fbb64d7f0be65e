// What every page of the portal does a little better with a script; all of it works without.
//
//   data-copy="#id"     copies the text or value of that element
//   data-dialog="#id"   opens that <dialog> instead of going to the link's address, where the same form is a page
//   data-close          inside a dialog: closes it instead of going to the link's address
//   data-check="/a"     asks GET /a?value=… while the person types; the answer is {"problem": ""} or what is wrong
"use strict";

document.documentElement.classList.add("js");

// The menu closes when one goes on elsewhere, by pointer or by keyboard: it would lie over the page.
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });
}

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    copyFrom(document.querySelector(copy.dataset.copy));
  }
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.querySelector(opener.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

async function copyFrom(source) {
  const text = "value" in source ? source.value : source.textContent;
  try {
    await navigator.clipboard.writeText(text.trim());
    say("Copied");
  } catch {
    // No right to the clipboard, or an address without https: the person copies by hand.
    if ("select" in source) {
      source.select();
    } else {
      getSelection().selectAllChildren(source);
    }
    say("Selected. Copy it with your keyboard.");
  }
}

// say shows words for a moment and has them read out.
let toast;
let vanishing;
function say(words) {
  if (!toast) {
    toast = document.createElement("div");
    toast.className = "toast";
    toast.setAttribute("role", "status");
  }
  // What is outside an open dialog is neither seen nor read out.
  (document.querySelector("dialog[open]") || document.body).append(toast);
  clearTimeout(vanishing);
  // A screen reader learns of a change, so the empty region must be there before the words.
  requestAnimationFrame(() => {
    toast.textContent = words;
  });
  vanishing = setTimeout(() => {
    toast.textContent = "";
  }, 4000);
}

// Whoever goes on with the keyboard sees where they are: the words do not lie over it.
document.addEventListener("focusin", () => {
  if (toast) {
    toast.textContent = "";
  }
});

const asking = new WeakMap(); // field → timer and request under way

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset || !field.dataset.check) {
    return;
  }
  const earlier = asking.get(field);
  if (earlier) {
    clearTimeout(earlier.timer);
    earlier.abort.abort();
  }
  const abort = new AbortController();
  asking.set(field, { abort, timer: setTimeout(() => check(field, abort.signal), 500) });
});

async function check(field, signal) {
  if (field.value === "") {
    show(field, "");
    return;
  }
  const address = new URL(field.dataset.check, location);
  address.searchParams.set("value", field.value);
  try {
    const answer = await fetch(address, { signal, headers: { Accept: "application/json" } });
    if (answer.ok) {
      show(field, (await answer.json()).problem);
    }
  } catch {
    // Typed on, or offline: the server checks when the form is sent.
  }
}

function show(field, problem) {
  const line = document.getElementById(field.id + "-problem");
  if (!problem && !line.hidden) {
    // Its place stays: otherwise the button below would move away while it is pressed, and the press be lost.
    line.style.minBlockSize = `${line.offsetHeight}px`;
  }
  line.querySelector("span").textContent = problem;
  line.style.visibility = problem ? "" : "hidden";
  if (problem) {
    line.hidden = false;
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
}

// After a refusal the page opens where something is to be put right: the field may stand far below what is in sight.
const wrong = document.querySelector('main [aria-invalid="true"]');
if (wrong && !wrong.closest("dialog")) {
  wrong.focus();
}

// Where the address names a part of the page, browsers leave the focus to that part: a form that is the next step has it all the same.
const first = location.hash && document.querySelector("main [autofocus]");
if (first && !wrong) {
  addEventListener("load", () => first.focus({ preventScroll: true })); // after the browser went to the part
}

// The tab of this page is in sight where the tabs scroll.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) {
  const tabs = tab.parentElement;
  tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.clientWidth) / 2;
}
