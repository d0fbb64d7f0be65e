// Another OpenID Connect provider, as a company might have one: node-oidc-provider with a few people, on a free port of this machine.
//
//   node server.mjs CALLBACK
//
// CALLBACK is the redirect URI of its clients. It writes its issuer to standard output when it is ready, and ends when standard
// input does, so that it cannot outlive the test that started it. Anybody signs in with a name below and any password.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const people = {
  ada: { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true },
  grace: { name: 'Grace Hopper', email: 'Grace@Example.com', email_verified: true },
  // Says that she is Ada, which nobody has checked.
  eve: { name: 'Eve', email: 'ada@example.com', email_verified: false },
  nemo: { name: 'Nemo\nwith a line break' },
};

const clients = [
  { client_id: 'basic', client_secret: 'basic-secret', token_endpoint_auth_method: 'client_secret_basic' },
  { client_id: 'public', token_endpoint_auth_method: 'none' },
];

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg: 'RS256' };
}

const callback = process.argv[2];
if (!callback) {
  console.error('usage: node server.mjs CALLBACK');
  process.exit(2);
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: clients.map((client) => ({ ...client, redirect_uris: [callback] })),
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [signingKey()] },
    pkce: { required: () => true },
    findAccount: (_, id) => (people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
