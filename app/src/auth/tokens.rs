//! From the code to the tokens (OpenID Connect Core 1.0, section 3.1.3).

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthUrl, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointNotSet, EndpointSet, IdToken, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
    TokenUrl,
};
use url::Url;

use super::claims::EntraClaims;
use super::credential::{ClientProof, Credential};
use super::error::SignInError;
use super::provider::{Conversation, Metadata};
use super::secrets::AttemptSecrets;
use crate::config::ClientConfig;
use crate::outbound::OutboundError;

/// The permission that Microsoft Graph asks for `/me`.
const GRAPH_SCOPE: &str = "User.Read";

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longer than any header of Entra's, in characters: the library reads what it does not know to any depth.
const HEADER_LIMIT: usize = 4096;

pub(super) type EntraIdToken = IdToken<
    EntraClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

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

type TokenError = RequestTokenError<OutboundError, StandardErrorResponse<CoreErrorResponseType>>;

/// What the token endpoint gave, not verified yet.
pub(super) struct Tokens {
    pub(super) access_token: openidconnect::AccessToken,
    pub(super) id_token: EntraIdToken,
}

/// The address at the provider where a sign-in begins.
pub(super) fn authorization_url(
    metadata: &Metadata,
    config: &ClientConfig,
    state: &str,
    secrets: &AttemptSecrets,
) -> Result<Url, SignInError> {
    let (state, nonce) = (state.to_owned(), secrets.nonce());
    let challenge =
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier()));
    let flow = AuthenticationFlow::<openidconnect::core::CoreResponseType>::AuthorizationCode;
    let (url, _, _) = client(metadata, config)?
        .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
        .add_scopes(["profile", GRAPH_SCOPE].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    Ok(url)
}

/// Exchanges the code, once: it can be used only once.
pub(super) async fn exchange_code(
    provider: &Conversation<'_>,
    (config, credential): (&ClientConfig, &Credential),
    code: String,
    secrets: &AttemptSecrets,
) -> Result<Tokens, SignInError> {
    let metadata = provider.metadata().await?;
    let mut client = client(&metadata, config)?;
    let proof = credential.proof(provider.calls()).await?;
    if let ClientProof::Secret(secret) = &proof {
        client = client.set_client_secret(ClientSecret::new(secret.clone()));
    }
    let mut request = client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier()));
    if let ClientProof::Assertion(assertion) = &proof {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion);
    }
    let response = request.request_async(provider.calls()).await;
    let response = response.map_err(token_error)?;
    read_tokens(&response)
}

fn client(metadata: &Metadata, config: &ClientConfig) -> Result<EntraClient, SignInError> {
    let issuer = IssuerUrl::new(metadata.issuer().to_owned())
        .map_err(|_| SignInError::provider("its issuer is malformed"))?;
    let redirect_uri = RedirectUrl::new(config.redirect_uri.as_str().to_owned())
        .map_err(|_| SignInError::provider("AZURE_REDIRECT_URI is malformed"))?;
    let client = Client::new(
        ClientId::new(config.id.clone()),
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
        return Err(SignInError::provider(
            "its token is of another type than Bearer",
        ));
    }
    let id_token = response
        .id_token()
        .ok_or_else(|| SignInError::provider("it gave no ID token"))?;
    if id_token.to_string().find('.') > Some(HEADER_LIMIT) {
        return Err(SignInError::provider(
            "its ID token has a header that is too long",
        ));
    }
    Ok(Tokens {
        access_token: response.access_token().clone(),
        id_token: id_token.clone(),
    })
}

/// The provider's own text may hold anything; its error code and AADSTS number tell enough.
fn token_error(error: TokenError) -> SignInError {
    match error {
        RequestTokenError::Request(cause) => cause.into(),
        RequestTokenError::ServerResponse(refused) => {
            let number = refused.error_description().map(|text| aadsts_number(text));
            let number = number.unwrap_or_default();
            let reason = format!("{} {number}", error_code(refused.error().as_ref()));
            match refused.error() {
                // The code was not good, or not any more: nothing is wrong with the site.
                CoreErrorResponseType::InvalidGrant => SignInError::Refused(reason),
                _ => SignInError::Provider(format!("the token endpoint answers {reason}")),
            }
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            SignInError::provider("the token endpoint's answer cannot be understood")
        }
    }
}

/// An error code as RFC 6749 allows it, and nothing else.
pub(super) fn error_code(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(64)
        .collect()
}

/// `AADSTS` and its digits, where Entra's text begins with it.
fn aadsts_number(text: &str) -> String {
    let digits = text.strip_prefix("AADSTS").unwrap_or_default();
    let digits: String = digits
        .chars()
        .take_while(char::is_ascii_digit)
        .take(10)
        .collect();
    if digits.is_empty() {
        digits
    } else {
        format!("AADSTS{digits}")
    }
}
