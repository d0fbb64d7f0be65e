"""A relying party on Authlib's Flask integration: a confidential client that sends its secret in the request body.

The web application below is what a developer writes; main plays the browser's part towards it and reports the steps.
The steps and the talk with the runner are described in ../README.md.
"""

import os
import secrets
import sys
from urllib.parse import parse_qs, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, request

SCOPE = "openid phone offline_access"


def setting(name):
    """What the runner registered for this client."""
    return os.environ["INTEROP_" + name]


app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
dialtone = OAuth(app).register(
    "dialtone",
    client_id=setting("CLIENT_ID"),
    client_secret=setting("CLIENT_SECRET"),
    server_metadata_url=setting("ISSUER") + "/.well-known/openid-configuration",
    client_kwargs={
        "scope": SCOPE,
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "client_secret_post",
    },
)


@app.get("/login")
def login():
    return dialtone.authorize_redirect(setting("REDIRECT_URI"), **request.args)


@app.get("/callback")
def callback():
    try:
        return dialtone.authorize_access_token()  # checks the state and, with the nonce, the ID token
    except OAuthError as refused:
        return {"error": refused.error, "error_description": refused.description}


@app.get("/logout")
def logout():
    return dialtone.logout_redirect(
        post_logout_redirect_uri=setting("POST_LOGOUT_REDIRECT_URI"), id_token_hint=request.args["id_token"]
    )


@app.get("/logged-out")
def logged_out():
    return dialtone.validate_logout_response()


class Failure(Exception):
    """Something that the server should have done otherwise."""


def check(condition, failure):
    if not condition:
        raise Failure(failure)


class Walk:
    """One person's way through the application, a method a step; each needs what the one before it got."""

    def __init__(self):
        self.browser = app.test_client()
        self.token = None
        self.id_token = None

    def discovery(self):
        metadata = dialtone.load_server_metadata()
        check(metadata["issuer"] == setting("ISSUER"), "the metadata names another issuer")
        check("S256" in metadata["code_challenge_methods_supported"], "the metadata does not offer PKCE with S256")

    def sign_in(self):
        self.token = self.authorize()
        check("error" not in self.token, f"the callback says {self.token}")
        check("refresh_token" in self.token, "there is no refresh token for offline_access")
        check(self.token["scope"] == SCOPE, f"other scopes were granted: {self.token['scope']}")
        self.id_token = self.token["id_token"]

    def id_token_claims(self):
        claims = self.token["userinfo"]  # the verified claims of the ID token, as Authlib calls them
        for name in ("sub", "sid", "acr", "amr", "auth_time", "at_hash"):
            check(name in claims, f"the ID token has no {name}")

    def user_info(self):
        info = dialtone.userinfo(token=self.token)
        check(info["phone_number"] == setting("PHONE_NUMBER"), "user info has another phone number")
        check(info["phone_number_verified"] is True, "user info does not call the phone number verified")
        check("sub" in info, "user info has no sub")

    def refresh(self):
        old, self.token = self.token, self.refreshed()
        check(self.token["refresh_token"] != old["refresh_token"], "the refresh token was not rotated")
        check(self.token["access_token"] != old["access_token"], "the access token is the old one")
        self.user_info()

    def introspection(self):
        check(self.introspected()["active"] is True, "a fresh access token is not active")

    def revocation(self):
        with self.session() as http:
            answer = http.revoke_token(
                dialtone.server_metadata["revocation_endpoint"],
                token=self.token["refresh_token"],
                token_type_hint="refresh_token",
            )
        check(answer.status_code == 200, f"revocation answers {answer.status_code}")
        check(self.introspected()["active"] is False, "the access token outlives the revoked refresh token")
        try:
            self.refreshed()
        except OAuthError as refused:
            check(refused.error == "invalid_grant", f"a revoked refresh token is refused with {refused.error}")
        else:
            raise Failure("a revoked refresh token still works")

    def logout(self):
        silent = self.authorize(prompt="none")
        check("error" not in silent, f"a remembered person is asked again: {silent}")

        leave = self.browser.get("/logout", query_string={"id_token": self.id_token})
        back = open_browser(leave.headers["Location"])
        ended = self.browser.get("/logged-out", query_string=urlsplit(back).query)
        check(ended.status_code == 200, "logout came back without the state")

        after = self.authorize(prompt="none")
        check(after.get("error") == "login_required", f"after logout: {sorted(after)}")

    def authorize(self, **extra):
        """Signs in once and returns what the application got: tokens, or the error of the callback."""
        sent = self.browser.get("/login", query_string=extra)
        back = open_browser(sent.headers["Location"])
        query = urlsplit(back).query
        check(parse_qs(query).get("iss") == [setting("ISSUER")], f"the callback does not name the issuer: {query}")
        return self.browser.get("/callback", query_string=query).get_json()

    def session(self):
        """A session for the requests that the Flask integration has no method for."""
        return OAuth2Session(
            setting("CLIENT_ID"),
            setting("CLIENT_SECRET"),
            token_endpoint_auth_method="client_secret_post",
            revocation_endpoint_auth_method="client_secret_post",
        )

    def refreshed(self):
        return dialtone.fetch_access_token(grant_type="refresh_token", refresh_token=self.token["refresh_token"])

    def introspected(self):
        with self.session() as http:
            return http.introspect_token(
                dialtone.server_metadata["introspection_endpoint"], token=self.token["access_token"]
            ).json()


def open_browser(address):
    """Sends the person to an address and returns where the browser came back to this app."""
    print("open", address, flush=True)
    verdict, _, rest = sys.stdin.readline().strip().partition(" ")
    check(verdict == "back", f"the person got stuck: {rest}")
    return rest


def main():
    walk = Walk()
    steps = {
        "discovery": walk.discovery,
        "sign-in": walk.sign_in,
        "id-token": walk.id_token_claims,
        "user-info": walk.user_info,
        "refresh": walk.refresh,
        "introspection": walk.introspection,
        "revocation": walk.revocation,
        "logout": walk.logout,
    }
    for name, run in steps.items():
        try:
            run()
        except Exception as failure:  # whatever the library raises is the report
            kind = "" if isinstance(failure, Failure) else type(failure).__name__ + ": "
            print("fail", name, " ".join((kind + str(failure)).split()), flush=True)
            sys.exit(1)
        print("pass", name, flush=True)


main()
