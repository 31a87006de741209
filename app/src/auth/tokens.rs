//! The authorization request with PKCE, and the token request with the client credential
//! (OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3).

use std::pin::Pin;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthenticationFlow, AuthorizationCode, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

use super::attempts::AttemptSecrets;
use super::error::SignInError;
use super::id_token::{EntraClaims, Tokens};
use super::provider::Metadata;
use crate::config::{OutboundConfig, SignInConfig, SignInSettings};
use crate::managed_identity::{ManagedIdentity, Token};
use crate::outbound::BoundedClient;
use crate::secret::Secret;

/// The permission for Microsoft Graph's `/me`.
const GRAPH_SCOPE: &str = "User.Read";

/// The members of a token response that are used.
const USED_MEMBERS: [&str; 3] = ["access_token", "token_type", "id_token"];

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Characters of an ID token's header at most: openidconnect parses unknown members to any depth.
const HEADER_LIMIT: usize = 4096;

/// An assertion is renewed this long before it expires.
const RENEWAL_MARGIN: Duration = Duration::from_mins(5);

type EntraTokenResponse = StandardTokenResponse<
    IdTokenFields<
        EntraClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type EntraClient = Client<
    EntraClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    EntraTokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// The address of the authorization request: state, nonce and PKCE code challenge.
pub(super) fn authorization_url(
    metadata: &Metadata,
    config: &SignInConfig,
    state: &str,
    secrets: &AttemptSecrets,
) -> Result<Url, SignInError> {
    let (state, nonce) = (state.to_owned(), secrets.nonce.clone());
    let verifier = PkceCodeVerifier::new(secrets.code_verifier.clone());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let flow = AuthenticationFlow::<openidconnect::core::CoreResponseType>::AuthorizationCode;
    let (url, _, _) = client(metadata, config)?
        .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
        .add_scopes(["profile", GRAPH_SCOPE].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    Ok(url)
}

/// Exchanges the authorization code for tokens; no retry, since a code is valid for one use.
pub(super) async fn exchange_code(
    calls: &BoundedClient,
    metadata: &Metadata,
    config: &SignInConfig,
    credential: &Credential,
    code: String,
    code_verifier: String,
) -> Result<Tokens, SignInError> {
    let mut client = client(metadata, config)?;
    let proof = credential.proof(calls).await?;
    if let ClientProof::Secret(secret) = &proof {
        client = client.set_client_secret(ClientSecret::new(secret.clone()));
    }
    let mut request = client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(code_verifier));
    if let ClientProof::Assertion(assertion) = &proof {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion);
    }
    read_tokens(&request.request_async(&TokenEndpoint(calls)).await?)
}

/// The HTTP client of the token request. It passes on the used members of a successful response only, so
/// that a malformed member which is not used, such as `expires_in`, does not fail the sign-in.
struct TokenEndpoint<'a>(&'a BoundedClient);

impl<'c> AsyncHttpClient<'c> for TokenEndpoint<'_> {
    type Error = SignInError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, SignInError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut response = self.0.send(request).await?;
            if response.status().is_success() {
                *response.body_mut() = used_members(response.body())?;
            }
            Ok(response)
        })
    }
}

fn used_members(body: &[u8]) -> Result<Vec<u8>, SignInError> {
    let malformed = |_| SignInError::provider("the token endpoint's response is malformed");
    let mut response: Map<String, Value> = serde_json::from_slice(body).map_err(malformed)?;
    response.retain(|name, _| USED_MEMBERS.contains(&name.as_str()));
    for name in USED_MEMBERS {
        if !response.get(name).is_some_and(Value::is_string) {
            return Err(SignInError::Provider(format!(
                "{name} in the token endpoint's response is missing or not a string"
            )));
        }
    }
    serde_json::to_vec(&response).map_err(malformed)
}

fn client(metadata: &Metadata, config: &SignInConfig) -> Result<EntraClient, SignInError> {
    let issuer = IssuerUrl::new(metadata.issuer().to_owned())
        .map_err(|_| SignInError::provider("its issuer is malformed"))?;
    let redirect_uri = RedirectUrl::new(config.redirect_uri.as_str().to_owned())
        .map_err(|_| SignInError::provider("AZURE_REDIRECT_URI is malformed"))?;
    let client = Client::new(
        ClientId::new(config.client_id.clone()),
        issuer,
        CoreJsonWebKeySet::default(),
    )
    .set_auth_type(AuthType::RequestBody)
    .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint().clone()))
    .set_token_uri(TokenUrl::from_url(metadata.token_endpoint().clone()))
    .set_redirect_uri(redirect_uri);
    Ok(client)
}

fn read_tokens(response: &EntraTokenResponse) -> Result<Tokens, SignInError> {
    if *response.token_type() != CoreTokenType::Bearer {
        return Err(SignInError::provider("its token_type is not Bearer"));
    }
    let id_token = response
        .id_token()
        .ok_or_else(|| SignInError::provider("its token response has no id_token"))?;
    if id_token.to_string().find('.') > Some(HEADER_LIMIT) {
        return Err(SignInError::provider(
            "the header of its ID token is too long",
        ));
    }
    Ok(Tokens {
        access_token: response.access_token().clone(),
        id_token: id_token.clone(),
    })
}

/// Client authentication of a token request.
enum ClientProof {
    Secret(String),
    Assertion(String),
}

/// The client credential: a client secret, or an assertion of the managed identity (federated credential).
pub(super) struct Credential {
    secret: Option<Secret>,
    identity: ManagedIdentity,
    /// Audience of the managed identity's token.
    audience: String,
    assertion: Mutex<Option<Token>>,
}

impl Credential {
    pub(super) fn new(settings: &SignInSettings, outbound: &OutboundConfig) -> Self {
        Self {
            secret: settings.azure_client_secret.clone(),
            identity: ManagedIdentity::new(outbound),
            audience: settings.azure_token_exchange_audience.clone(),
            assertion: Mutex::default(),
        }
    }

    /// The secret, or an assertion, cached until shortly before it expires.
    async fn proof(&self, calls: &BoundedClient) -> Result<ClientProof, SignInError> {
        if let Some(secret) = &self.secret {
            return Ok(ClientProof::Secret(secret.expose().to_owned()));
        }
        let mut assertion = calls.wait(self.assertion.lock()).await?;
        let is_valid = |token: &&Token| token.remaining() > RENEWAL_MARGIN;
        if let Some(token) = assertion.as_ref().filter(is_valid) {
            return Ok(ClientProof::Assertion(token.expose().to_owned()));
        }
        let token = self.identity.fetch_token(calls, &self.audience).await?;
        let proof = ClientProof::Assertion(token.expose().to_owned());
        *assertion = Some(token);
        Ok(proof)
    }
}
