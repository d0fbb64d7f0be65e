// Passkeys: signing in with one, and adding one to an account. Without this script, a code comes by e-mail.
"use strict";

const possible = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;
const offered = document.getElementById("passkey");
const adding = document.getElementById("add-passkey");

if (offered && possible) {
  offered.hidden = false;
  // One request to the authenticator can be under way at a time: the button ends the one that waits in the e-mail field.
  let waiting = new AbortController();
  waitInField(waiting.signal);
  offered.addEventListener("click", async () => {
    waiting.abort();
    waiting = new AbortController();
    await signIn({ signal: waiting.signal });
  });
}

if (adding) {
  if (!possible) {
    adding.hidden = true;
    document.getElementById("no-passkeys").hidden = false; // nobody asked, so it is no alert
  }
  adding.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    await attempt(() => add(new FormData(adding).get("name")));
    adding.removeAttribute("aria-busy");
  });
}

// The browser offers the passkeys that it has among the suggestions of the e-mail field.
async function waitInField(signal) {
  const able = PublicKeyCredential.isConditionalMediationAvailable;
  if (able && (await able.call(PublicKeyCredential))) {
    await signIn({ signal, mediation: "conditional" });
  }
}

async function signIn(how) {
  tell("");
  await attempt(async () => {
    const { options, state } = await post("/signin/passkey/begin", {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
    const credential = await navigator.credentials.get({ ...how, publicKey });
    const done = await post("/signin/passkey/finish", { state, response: credential.toJSON(), to: offered.dataset.to });
    location.assign(done.to);
  });
}

async function add(name) {
  const { options, state } = await post("/account/passkeys/begin", {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey);
  const credential = await navigator.credentials.create({ publicKey });
  const done = await post("/account/passkeys/finish", { state, name, response: credential.toJSON() });
  location.assign(done.to);
}

async function post(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const page = !answer.headers.get("Content-Type").includes("json"); // as for too many tries
  const said = page ? { problem: "That did not work. Wait a minute and try again." } : await answer.json();
  if (!answer.ok || page) {
    throw new Error(said.problem);
  }
  return said;
}

async function attempt(what) {
  try {
    await what();
  } catch (problem) {
    if (problem.name === "AbortError") {
      return; // the person chose the other way
    }
    const declined = problem.name === "NotAllowedError" || problem.name === "InvalidStateError";
    tell(declined ? words[problem.name] : problem.message);
  }
}

const words = {
  NotAllowedError: "No passkey was used: the request was declined or took too long. Try again, or have a code sent by e-mail.",
  InvalidStateError: "This device has a passkey of your account already.",
};

function tell(problem) {
  const line = document.getElementById("passkey-problem");
  line.querySelector("span").textContent = problem;
  line.hidden = !problem;
}
