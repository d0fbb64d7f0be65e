// A relying party on oauth4webapi, the low-level library on which others are built: a public client, as an app on a
// phone is, with PKCE instead of a secret, a redirect URI in its own scheme (RFC 8252 §7.1) and ES256 ID tokens.
// The steps and the talk with the runner are described in ../README.md.
import * as oauth from 'oauth4webapi'
import { check, openBrowser, relyingParty, steps } from '../javascript/steps.mjs'

const rp = relyingParty()
const client = { client_id: rp.clientID, id_token_signed_response_alg: 'ES256' }
const authentication = oauth.None()
let server, signIn, tokens

await steps({
  async discovery() {
    const issuer = new URL(rp.issuer)
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oidc' }))
    check(server.code_challenge_methods_supported?.includes('S256'), 'the metadata does not offer PKCE with S256')

    const oauthServer = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2' }),
    )
    check(oauthServer.token_endpoint === server.token_endpoint, 'the two metadata documents differ')
  },

  async 'sign-in'() {
    signIn = await authorize({})
    const parameters = oauth.validateAuthResponse(server, client, signIn.callback, signIn.state) // state and iss
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      rp.redirectURI,
      signIn.verifier,
    )
    tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: signIn.nonce,
      requireIdToken: true,
    })
    signIn.response = response
    signIn.idToken = tokens.id_token
    check(tokens.refresh_token, 'there is no refresh token for offline_access')
  },

  async 'id-token'() {
    await oauth.validateApplicationLevelSignature(server, signIn.response)
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    for (const name of ['sub', 'sid', 'acr', 'amr', 'auth_time']) {
      check(claims[name] !== undefined, `the ID token has no ${name}`)
    }
    signIn.subject = claims.sub
  },

  async 'user-info'() {
    const info = await userInfo()
    check(info.phone_number === rp.phoneNumber, 'user info has another phone number')
    check(info.phone_number_verified === true, 'user info does not call the phone number verified')
  },

  async refresh() {
    const old = tokens
    tokens = await refresh()
    check(tokens.refresh_token !== old.refresh_token, 'the refresh token was not rotated')
    check(tokens.access_token !== old.access_token, 'the access token is the old one')
    await userInfo()
  },

  introspection: 'a public client has no credentials to ask with (RFC 7662 §2.1)',

  async revocation() {
    const response = await oauth.revocationRequest(server, client, authentication, tokens.refresh_token, {
      additionalParameters: { token_type_hint: 'refresh_token' },
    })
    await oauth.processRevocationResponse(response)
    const stale = await userInfo().catch((error) => error)
    check(stale.status === 401, 'the access token outlives the revoked refresh token')
    const refused = await refresh().catch((error) => error)
    check(refused.error === 'invalid_grant', 'a revoked refresh token still works')
  },

  async logout() {
    // Any app on the phone could claim this one's scheme, so the person is remembered but asked again (RFC 8252, section 8.6).
    const silent = await authorize({ prompt: 'none' })
    check(silent.callback.searchParams.get('error') === 'consent_required', `silently: ${silent.callback.search}`)

    const state = oauth.generateRandomState()
    const address = new URL(server.end_session_endpoint)
    address.searchParams.set('id_token_hint', signIn.idToken)
    address.searchParams.set('post_logout_redirect_uri', rp.postLogoutRedirectURI)
    address.searchParams.set('state', state)
    const back = new URL(await openBrowser(address))
    check(back.searchParams.get('state') === state, 'logout came back without the state')

    const after = await authorize({ prompt: 'none' })
    check(after.callback.searchParams.get('error') === 'login_required', `after logout: ${after.callback.search}`)
  },
})

// authorize sends the person's browser out and returns where it came back, with what the exchange needs.
async function authorize(extra) {
  const request = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  }
  const address = new URL(server.authorization_endpoint)
  const parameters = {
    client_id: rp.clientID,
    redirect_uri: rp.redirectURI,
    response_type: 'code',
    scope: 'openid phone offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(request.verifier),
    code_challenge_method: 'S256',
    state: request.state,
    nonce: request.nonce,
    ...extra,
  }
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value)
  request.callback = new URL(await openBrowser(address))
  return request
}

// userInfo asks for the person's claims and checks that they are about the person who signed in.
async function userInfo() {
  const response = await oauth.userInfoRequest(server, client, tokens.access_token)
  return oauth.processUserInfoResponse(server, client, signIn.subject, response)
}

// refresh spends the refresh token and returns the new tokens.
async function refresh() {
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token)
  return oauth.processRefreshTokenResponse(server, client, response)
}
