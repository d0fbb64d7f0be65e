// What the pages of a product and its clients do better with a script.
//
//   form[data-preview="#id"]   fills in the card while somebody types
//   form[data-impact="/a"]     asks, while somebody changes something, whether subscribers will be asked again
//   form[data-guard]           asks before what was typed is left behind
//   form[data-icon]            says at once that a picture is too large
//   button[data-take="id"]     puts the value that somebody else saved into the field
//   [data-confidential]        is for clients with a secret only
"use strict";

// The card: data-from="field" shows the field's text, data-with="field" is there when the field is filled in.
for (const form of document.querySelectorAll("form[data-preview]")) {
  const card = document.querySelector(form.dataset.preview);
  form.addEventListener("input", (event) => {
    const name = event.target.name;
    const text = event.target.value.trim();
    for (const part of card.querySelectorAll(`[data-from="${name}"]`)) {
      (part.querySelector("bdi") || part).textContent = text;
      if (part.matches("p")) {
        part.hidden = name !== "name" && !text;
      }
    }
    for (const part of card.querySelectorAll(`[data-with="${name}"]`)) {
      part.hidden = !text;
    }
    if (name === "name") {
      for (const letter of document.querySelectorAll("[data-initial]")) {
        letter.textContent = [...text].slice(0, 1).join("").toUpperCase();
      }
    }
  });
}

for (const form of document.querySelectorAll("form[data-impact]")) {
  const warning = form.querySelector("[data-warning]");
  let timer;
  let asking;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (asking) {
      asking.abort();
    }
    asking = new AbortController();
    timer = setTimeout(() => ask(asking.signal), 400);
  });
  const ask = async (signal) => {
    try {
      const answer = await fetch(form.dataset.impact, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        signal,
      });
      if (answer.ok && warning) {
        const words = (await answer.json()).warning;
        if (warning.textContent !== words) {
          warning.textContent = words; // read out when it changes, not at every letter
        }
        warning.hidden = !words;
      }
    } catch {
      // Typed on, or offline: the page after saving says it.
    }
  };
}

const changed = new Set();
for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("input", () => changed.add(form));
  form.addEventListener("submit", () => changed.delete(form));
}
window.addEventListener("beforeunload", (event) => {
  if (changed.size > 0) {
    event.preventDefault();
  }
});

for (const form of document.querySelectorAll("form[data-icon]")) {
  const field = form.querySelector("input[type=file]");
  const line = document.getElementById("icon-problem");
  const tooLarge = () => field.files.length > 0 && field.files[0].size > Number(form.dataset.most);
  const say = (problem) => {
    line.querySelector("span").textContent = problem;
    line.hidden = !problem;
    if (problem) {
      field.setAttribute("aria-invalid", "true");
    } else {
      field.removeAttribute("aria-invalid");
    }
  };
  field.addEventListener("change", () => {
    say(tooLarge() ? "The file is too large. Choose one of at most 512 kB: a picture of 256 × 256 pixels is enough." : "");
  });
  // In the capture phase, before once.js marks the form as sent.
  form.addEventListener(
    "submit",
    (event) => {
      if (tooLarge() && !(event.submitter && event.submitter.name === "remove")) {
        event.preventDefault();
        event.stopPropagation();
        field.focus();
      }
    },
    true,
  );
}

document.addEventListener("click", (event) => {
  const take = event.target.closest("button[data-take]");
  if (take) {
    const field = document.getElementById(take.dataset.take);
    field.value = take.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    take.closest(".meanwhile").remove();
  }
});

// Optional says nothing of a scope that is not enabled.
for (const enabled of document.querySelectorAll(".scopes input[name=enabled]")) {
  const optional = enabled.closest("tr").querySelector("input[name=optional]");
  const follow = () => {
    optional.disabled = enabled.disabled || !enabled.checked;
  };
  enabled.addEventListener("change", follow);
  follow();
}

for (const part of document.querySelectorAll("[data-confidential]")) {
  const types = part.closest("form").querySelectorAll("input[name=type]");
  const follow = () => {
    part.hidden = [...types].some((type) => type.checked && type.value === "public");
  };
  for (const type of types) {
    type.addEventListener("change", follow);
  }
  follow();
}
