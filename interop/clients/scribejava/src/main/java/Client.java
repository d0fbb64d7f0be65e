import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.scribejava.apis.openid.OpenIdJsonTokenExtractor;
import com.github.scribejava.apis.openid.OpenIdOAuth2AccessToken;
import com.github.scribejava.core.builder.ServiceBuilder;
import com.github.scribejava.core.builder.api.DefaultApi20;
import com.github.scribejava.core.extractors.TokenExtractor;
import com.github.scribejava.core.model.OAuth2AccessToken;
import com.github.scribejava.core.model.OAuth2AccessTokenErrorResponse;
import com.github.scribejava.core.model.OAuth2Authorization;
import com.github.scribejava.core.model.OAuthRequest;
import com.github.scribejava.core.model.Response;
import com.github.scribejava.core.model.Verb;
import com.github.scribejava.core.oauth.AccessTokenRequestParams;
import com.github.scribejava.core.oauth.AuthorizationUrlBuilder;
import com.github.scribejava.core.oauth.OAuth20Service;
import com.github.scribejava.core.revoke.TokenTypeHint;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A relying party on ScribeJava, a plain OAuth 2.0 library: a confidential client that authenticates with HTTP Basic. The
 * library knows neither metadata nor JWTs, so it is told the endpoints, and its ID token is only handed back at logout.
 * The steps and the talk with the runner are described in ../README.md.
 */
public final class Client {
  /** The endpoints, as a developer copies them from the documentation. */
  private static final class Dialtone extends DefaultApi20 {
    private final String issuer;

    Dialtone(String issuer) {
      this.issuer = issuer;
    }

    @Override
    protected String getAuthorizationBaseUrl() {
      return issuer + "/oauth2/auth";
    }

    @Override
    public String getAccessTokenEndpoint() {
      return issuer + "/oauth2/token";
    }

    @Override
    public String getRevokeTokenEndpoint() {
      return issuer + "/oauth2/revoke";
    }

    @Override
    public TokenExtractor<OAuth2AccessToken> getAccessTokenExtractor() {
      return OpenIdJsonTokenExtractor.instance();
    }
  }

  /** Something that the server should have done otherwise. */
  private static final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    Failure(String message) {
      super(message);
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  private final BufferedReader answers = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final String issuer = setting("ISSUER");
  private final String redirectURI = setting("REDIRECT_URI");
  private final OAuth20Service service =
      new ServiceBuilder(setting("CLIENT_ID"))
          .apiSecret(setting("CLIENT_SECRET"))
          .callback(redirectURI)
          .defaultScope("openid phone offline_access")
          .build(new Dialtone(issuer));

  private OAuth2AccessToken tokens;
  private String idToken;

  public static void main(String[] arguments) throws Exception {
    trust(Path.of(setting("CA_FILE")));
    Client client = new Client();
    System.out.println("none discovery ScribeJava reads no metadata");
    client.step("sign-in", client::signIn);
    System.out.println("none id-token ScribeJava does not verify ID tokens");
    client.step("user-info", client::userInfo);
    client.step("refresh", client::refresh);
    System.out.println("none introspection ScribeJava does not introspect");
    client.step("revocation", client::revocation);
    client.step("logout", client::logout);
  }

  private void signIn() throws Exception {
    String state = UUID.randomUUID().toString();
    AuthorizationUrlBuilder authorization = service.createAuthorizationUrlBuilder().state(state).initPKCE();
    String callback = openBrowser(authorization.build());
    OAuth2Authorization answer = service.extractAuthorization(callback);
    check(answer.getCode() != null, "the callback has no code: " + callback);
    check(state.equals(answer.getState()), "the callback came back without the state");

    tokens =
        service.getAccessToken(
            AccessTokenRequestParams.create(answer.getCode())
                .pkceCodeVerifier(authorization.getPkce().getCodeVerifier()));
    idToken = ((OpenIdOAuth2AccessToken) tokens).getOpenIdToken();
    check(idToken != null, "there is no ID token for openid");
    check(tokens.getRefreshToken() != null, "there is no refresh token for offline_access");
    check(tokens.getScope().equals("openid phone offline_access"), "other scopes were granted: " + tokens.getScope());
  }

  private void userInfo() throws Exception {
    try (Response response = askUserInfo()) {
      check(response.getCode() == 200, "user info answers " + response.getCode());
      JsonNode info = new ObjectMapper().readTree(response.getBody());
      check(info.path("phone_number").asText().equals(setting("PHONE_NUMBER")), "user info has another phone number");
      check(info.path("phone_number_verified").asBoolean(), "user info does not call the phone number verified");
      check(!info.path("sub").asText().isEmpty(), "user info has no sub");
    }
  }

  private void refresh() throws Exception {
    OAuth2AccessToken old = tokens;
    tokens = service.refreshAccessToken(old.getRefreshToken());
    check(!old.getRefreshToken().equals(tokens.getRefreshToken()), "the refresh token was not rotated");
    check(!old.getAccessToken().equals(tokens.getAccessToken()), "the access token is the old one");
    userInfo();
  }

  private void revocation() throws Exception {
    service.revokeToken(tokens.getRefreshToken(), TokenTypeHint.REFRESH_TOKEN);
    try (Response response = askUserInfo()) {
      check(response.getCode() == 401, "the access token outlives the revoked refresh token: " + response.getCode());
    }
    try {
      service.refreshAccessToken(tokens.getRefreshToken());
      throw new Failure("a revoked refresh token still works");
    } catch (OAuth2AccessTokenErrorResponse refused) {
      String error = String.valueOf(refused.getError());
      check(error.equalsIgnoreCase("invalid_grant"), "a revoked refresh token is refused with " + error);
    }
  }

  private void logout() throws Exception {
    String silent = openBrowser(silentAuthorization());
    check(service.extractAuthorization(silent).getCode() != null, "a remembered person is asked again: " + silent);

    String state = UUID.randomUUID().toString();
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("id_token_hint", idToken);
    parameters.put("post_logout_redirect_uri", setting("POST_LOGOUT_REDIRECT_URI"));
    parameters.put("state", state);
    String back = openBrowser(issuer + "/oauth2/sessions/logout?" + encode(parameters));
    check(back.endsWith("state=" + state), "logout came back without the state: " + back);

    String after = openBrowser(silentAuthorization());
    check(URI.create(after).getRawQuery().contains("error=login_required"), "after logout: " + after);
  }

  private String silentAuthorization() {
    return service
        .createAuthorizationUrlBuilder()
        .state(UUID.randomUUID().toString())
        .initPKCE()
        .additionalParams(Map.of("prompt", "none"))
        .build();
  }

  private Response askUserInfo() throws Exception {
    OAuthRequest request = new OAuthRequest(Verb.GET, issuer + "/userinfo");
    service.signRequest(tokens, request);
    return service.execute(request);
  }

  /** Runs one step and reports it; each needs what the one before it got, so a failure ends the program. */
  private void step(String name, Step step) {
    try {
      step.run();
      System.out.println("pass " + name);
    } catch (Exception e) {
      String failure = e instanceof Failure ? e.getMessage() : e.toString();
      System.out.println("fail " + name + " " + failure.replaceAll("\\s+", " "));
      System.exit(1);
    }
  }

  /** Sends the person to an address and returns where the browser came back to this app. */
  private String openBrowser(String address) throws Exception {
    System.out.println("open " + address);
    String answer = answers.readLine();
    check(answer != null && answer.startsWith("back "), "the person got stuck: " + answer);
    return answer.substring("back ".length());
  }

  private static void check(boolean condition, String failure) throws Failure {
    if (!condition) {
      throw new Failure(failure);
    }
  }

  private static String setting(String name) {
    return System.getenv("INTEROP_" + name);
  }

  private static String encode(Map<String, String> parameters) {
    StringBuilder query = new StringBuilder();
    parameters.forEach(
        (name, value) ->
            query
                .append(query.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
    return query.toString();
  }

  /** Makes the runner's certificate authority the only one that this program trusts. */
  private static void trust(Path authority) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream certificate = Files.newInputStream(authority)) {
      store.setCertificateEntry("interop", CertificateFactory.getInstance("X.509").generateCertificate(certificate));
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    SSLContext.setDefault(context);
  }
}
