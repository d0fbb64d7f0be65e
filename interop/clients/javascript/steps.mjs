// What the two JavaScript relying parties share: who they are, the talk with the runner, and the loop over the steps.
// ../README.md describes both.
import { createInterface } from 'node:readline'

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

// relyingParty is what the runner registered for this client.
export function relyingParty() {
  const setting = (name) => process.env[`INTEROP_${name}`] ?? ''
  return {
    issuer: setting('ISSUER'),
    clientID: setting('CLIENT_ID'),
    clientSecret: setting('CLIENT_SECRET'),
    redirectURI: setting('REDIRECT_URI'),
    postLogoutRedirectURI: setting('POST_LOGOUT_REDIRECT_URI'),
    phoneNumber: setting('PHONE_NUMBER'),
  }
}

// check fails the running step with what it says.
export function check(condition, failure) {
  if (!condition) throw new Error(failure)
}

// openBrowser sends the person to an address and returns where the browser came back to this app.
export async function openBrowser(address) {
  console.log(`open ${address.href ?? address}`)
  const { value: line = '', done } = await answers.next()
  const [verdict, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
  check(!done && verdict === 'back', `the person got stuck: ${rest}`)
  return rest
}

// steps runs the functions in order and reports each by its name; a text instead of a function says why there is nothing
// to run. After a failure the rest is not run, because each step needs what the one before it got.
export async function steps(functions) {
  for (const [name, run] of Object.entries(functions)) {
    if (typeof run === 'string') {
      console.log(`none ${name} ${run}`)
      continue
    }
    try {
      await run()
      console.log(`pass ${name}`)
    } catch (error) {
      console.log(`fail ${name} ${describe(error)}`)
      process.exit(1)
    }
  }
  process.exit(0)
}

// describe puts an error and its causes on one line.
function describe(error) {
  const parts = []
  for (let e = error; e instanceof Error && parts.length < 4; e = e.cause) {
    parts.push([e.code, e.error, e.message, e.error_description].filter(Boolean).join(' '))
  }
  return parts.join(': ').replaceAll(/\s+/g, ' ')
}
