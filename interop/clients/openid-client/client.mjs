// A relying party on openid-client, the certified OpenID Connect library for JavaScript: a confidential client that
// authenticates with HTTP Basic and takes RS256 ID tokens. The steps and the talk with the runner are described in
// ../README.md.
import * as client from 'openid-client'
import { check, openBrowser, relyingParty, steps } from '../javascript/steps.mjs'

const rp = relyingParty()
let config, signIn, tokens

await steps({
  async discovery() {
    config = await client.discovery(
      new URL(rp.issuer),
      rp.clientID,
      { id_token_signed_response_alg: 'RS256' },
      client.ClientSecretBasic(rp.clientSecret),
    )
    client.enableNonRepudiationChecks(config) // verify the ID token's signature, too
    check(config.serverMetadata().issuer === rp.issuer, 'the metadata names another issuer')
    check(config.serverMetadata().supportsPKCE('S256'), 'the metadata does not offer PKCE with S256')
  },

  async 'sign-in'() {
    signIn = await authorize({})
    check(!signIn.callback.searchParams.has('error'), `the callback says ${signIn.callback.search}`)
    tokens = await redeem(signIn)
    check(tokens.refresh_token, 'there is no refresh token for offline_access')
  },

  async 'id-token'() {
    const claims = tokens.claims() // checked by authorizationCodeGrant: iss, aud, exp, iat, nonce, at_hash, signature
    check(claims, 'there is no ID token for openid')
    for (const name of ['sub', 'sid', 'acr', 'amr', 'auth_time']) {
      check(claims[name] !== undefined, `the ID token has no ${name}`)
    }
  },

  async 'user-info'() {
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
    check(info.phone_number === rp.phoneNumber, 'user info has another phone number')
    check(info.phone_number_verified === true, 'user info does not call the phone number verified')
  },

  async refresh() {
    const old = tokens
    tokens = await client.refreshTokenGrant(config, old.refresh_token)
    check(tokens.refresh_token !== old.refresh_token, 'the refresh token was not rotated')
    check(tokens.access_token !== old.access_token, 'the access token is the old one')
    await client.fetchUserInfo(config, tokens.access_token, signIn.subject)
  },

  async introspection() {
    const answer = await client.tokenIntrospection(config, tokens.access_token)
    check(answer.active === true, 'a fresh access token is not active')
    check(answer.client_id === rp.clientID, 'introspection names another client')
  },

  async revocation() {
    await client.tokenRevocation(config, tokens.refresh_token, { token_type_hint: 'refresh_token' })
    const answer = await client.tokenIntrospection(config, tokens.access_token)
    check(answer.active === false, 'the access token outlives the revoked refresh token')
    const refused = await client.refreshTokenGrant(config, tokens.refresh_token).catch((error) => error)
    check(refused.error === 'invalid_grant', 'a revoked refresh token still works')
  },

  async logout() {
    const silent = await authorize({ prompt: 'none' })
    check(silent.callback.searchParams.has('code'), `a remembered person is asked again: ${silent.callback.search}`)

    const state = client.randomState()
    const back = new URL(
      await openBrowser(
        client.buildEndSessionUrl(config, {
          id_token_hint: signIn.idToken,
          post_logout_redirect_uri: rp.postLogoutRedirectURI,
          state,
        }),
      ),
    )
    check(back.searchParams.get('state') === state, 'logout came back without the state')

    const after = await authorize({ prompt: 'none' })
    check(after.callback.searchParams.get('error') === 'login_required', `after logout: ${after.callback.search}`)
  },
})

// authorize sends the person's browser out and returns where it came back, with what redeem needs.
async function authorize(extra) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: rp.redirectURI,
    scope: 'openid phone offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...extra,
  })
  return { verifier, state, nonce, callback: new URL(await openBrowser(address)) }
}

// redeem turns a callback into tokens; the library checks state, iss and the ID token on the way.
async function redeem(request) {
  const answer = await client.authorizationCodeGrant(config, request.callback, {
    pkceCodeVerifier: request.verifier,
    expectedState: request.state,
    expectedNonce: request.nonce,
    idTokenExpected: true,
  })
  request.idToken = answer.id_token
  request.subject = answer.claims().sub
  return answer
}
