// Makes the PIN page nicer; it works without this.
//   - the PIN is read from the SMS, where the browser can and the person agrees (WebOTP)
//   - spaces and dashes of a pasted PIN go, digits of any script become the ones on the SMS
//   - the time left and the time until "send again" count down
"use strict";

const field = document.getElementById("pin");

if (field) {
  const digits = Number(field.dataset.digits);

  field.addEventListener("input", () => {
    const plain = westernDigits(field.value).replace(/[\s-]/g, "");
    if (plain !== field.value) {
      field.value = plain.slice(0, digits);
    }
  });

  if ("OTPCredential" in window) {
    const waiting = new AbortController();
    field.form.addEventListener("submit", () => waiting.abort());
    navigator.credentials
      .get({ otp: { transport: ["sms"] }, signal: waiting.signal })
      .then((credential) => {
        field.value = credential.code;
        field.form.requestSubmit();
      })
      .catch(() => {
        // The person declined, typed the PIN, or no SMS came: the field is there.
      });
  }

  countDown(document.getElementById("pin-time"), (note) => {
    note.hidden = true;
    field.form.querySelector("button").disabled = true;
    const ranOut = document.getElementById("ran-out");
    ranOut.hidden = false;
    ranOut.querySelector("span").textContent = note.dataset.ranOut;
  });
}

const wait = document.getElementById("resend-wait");
if (wait) {
  const resend = document.getElementById("resend");
  resend.disabled = true;
  countDown(wait, () => {
    wait.hidden = true;
    resend.disabled = false;
  });
}

// Counts the note's time span down in minutes and seconds, then calls done. It goes by the clock, because timers stop
// while a phone shows another app. Where the words round the time down, data-left has it as it is.
function countDown(note, done) {
  const span = note && note.querySelector("[data-seconds]");
  if (!span) {
    return;
  }
  span.dir = "ltr";
  span.classList.add("number");
  const end = Date.now() + Number(note.dataset.left || span.dataset.seconds) * 1000;
  const timer = setInterval(show, 500);
  document.addEventListener("visibilitychange", show);
  show();

  function show() {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", show);
      done(note);
      return;
    }
    span.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
  }
}

// Arabic-Indic and Persian digits as 0 to 9.
function westernDigits(text) {
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
}
