//! Errors as RFC 9457 `application/problem+json`. One table from code to status, title and explanation.

use domain::Text;
use serde::{Deserialize, Serialize};

domain::closed_enum! {
    /// Every problem that the API answers. The explanation of each stands at `/docs/problems#code`.
    pub enum Code {
        BadRequest = "bad_request",
        MalformedBody = "malformed_body",
        Unauthenticated = "unauthenticated",
        BadCredentials = "bad_credentials",
        SessionEnded = "session_ended",
        Forbidden = "forbidden",
        NotFound = "not_found",
        MethodNotAllowed = "method_not_allowed",
        Conflict = "conflict",
        VersionMismatch = "version_mismatch",
        PayloadTooLarge = "payload_too_large",
        UnsupportedMediaType = "unsupported_media_type",
        Invalid = "invalid",
        FileRefused = "file_refused",
        IdempotencyMismatch = "idempotency_mismatch",
        VersionRequired = "version_required",
        TooManyRequests = "too_many_requests",
        Internal = "internal",
        Unavailable = "unavailable",
    }
}

impl Code {
    pub const fn status(self) -> u16 {
        match self {
            Code::BadRequest | Code::MalformedBody => 400,
            Code::Unauthenticated | Code::BadCredentials | Code::SessionEnded => 401,
            Code::Forbidden => 403,
            Code::NotFound => 404,
            Code::MethodNotAllowed => 405,
            Code::Conflict => 409,
            Code::VersionMismatch => 412,
            Code::PayloadTooLarge => 413,
            Code::UnsupportedMediaType => 415,
            Code::Invalid | Code::FileRefused | Code::IdempotencyMismatch => 422,
            Code::VersionRequired => 428,
            Code::TooManyRequests => 429,
            Code::Internal => 500,
            Code::Unavailable => 503,
        }
    }

    /// Title and explanation, as shown in a problem and on `/docs/problems`.
    pub const fn words(self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
        match self {
            Code::BadRequest => (
                ("Requête mal formée", "Malformed request"),
                (
                    "Un paramètre de l’adresse ou un en-tête n’a pas la forme attendue ; `errors` nomme lequel.",
                    "A parameter of the address or a header does not have the expected form; `errors` names it.",
                ),
            ),
            Code::MalformedBody => (
                ("Corps illisible", "Unreadable body"),
                (
                    "Le corps n’est pas un JSON de la forme documentée ; `errors[].pointer` indique l’endroit.",
                    "The body is not JSON of the documented shape; `errors[].pointer` tells the place.",
                ),
            ),
            Code::Unauthenticated => (
                ("Connexion requise", "Sign-in required"),
                (
                    "Aucun jeton valide : envoyez `Authorization: Bearer …`, obtenu par `create_session` ou `refresh_session`.",
                    "No valid token: send `Authorization: Bearer …`, obtained from `create_session` or `refresh_session`.",
                ),
            ),
            Code::BadCredentials => (
                ("E-mail ou mot de passe refusé", "E-mail or password refused"),
                (
                    "Le couple e-mail et mot de passe n’est pas reconnu. La réponse ne dit pas lequel est en cause.",
                    "The pair of e-mail and password is not recognised. The answer does not tell which one is wrong.",
                ),
            ),
            Code::SessionEnded => (
                ("Session terminée", "Session ended"),
                (
                    "La session a été fermée, a expiré, ou un ancien cookie a été présenté de nouveau. Reconnectez-vous.",
                    "The session was ended, has expired, or an old cookie was presented again. Sign in again.",
                ),
            ),
            Code::Forbidden => (
                ("Droit insuffisant", "Not permitted"),
                (
                    "Votre rôle ou votre périmètre ne permet pas cet acte. Un associé du cabinet peut le changer.",
                    "Your role or scope does not permit this act. A partner of the firm can change it.",
                ),
            ),
            Code::NotFound => (
                ("Introuvable", "Not found"),
                (
                    "L’adresse n’existe pas, ou la ressource n’existe pas dans votre périmètre.",
                    "The address does not exist, or the resource does not exist within your scope.",
                ),
            ),
            Code::MethodNotAllowed => (
                ("Méthode non permise", "Method not allowed"),
                ("L’en-tête `Allow` liste celles qui le sont.", "The `Allow` header lists those that are."),
            ),
            Code::Conflict => (
                ("Conflit", "Conflict"),
                (
                    "L’état actuel de la ressource ne permet pas cet acte ; `detail` dit pourquoi.",
                    "The present state of the resource does not allow this act; `detail` says why.",
                ),
            ),
            Code::VersionMismatch => (
                ("Version dépassée", "Stale version"),
                (
                    "La ressource a changé depuis votre lecture. Relisez-la, puis renvoyez votre modification avec le nouvel `ETag`.",
                    "The resource has changed since you read it. Read it again, then send your change with the new `ETag`.",
                ),
            ),
            Code::PayloadTooLarge => (
                ("Envoi trop volumineux", "Payload too large"),
                ("La limite est indiquée dans `detail`.", "The limit is told in `detail`."),
            ),
            Code::UnsupportedMediaType => (
                ("Type de contenu non pris en charge", "Unsupported media type"),
                (
                    "Envoyez `Content-Type: application/json`, ou `application/octet-stream` pour un fichier.",
                    "Send `Content-Type: application/json`, or `application/octet-stream` for a file.",
                ),
            ),
            Code::Invalid => (
                ("Valeur refusée", "Value refused"),
                (
                    "Une valeur enfreint une règle ; `errors` donne le champ, la valeur attendue et la correction.",
                    "A value breaks a rule; `errors` gives the field, the expected value and the fix.",
                ),
            ),
            Code::FileRefused => (
                ("Fichier refusé", "File refused"),
                (
                    "Le fichier ne peut pas être lu comme une liste de clients ; `detail` dit pourquoi et comment faire.",
                    "The file cannot be read as a client list; `detail` says why and what to do.",
                ),
            ),
            Code::IdempotencyMismatch => (
                ("Clé d’idempotence déjà employée", "Idempotency key already used"),
                (
                    "La même `Idempotency-Key` a servi à une autre requête dans les dernières 24 heures.",
                    "The same `Idempotency-Key` served another request within the last 24 hours.",
                ),
            ),
            Code::VersionRequired => (
                ("Version requise", "Version required"),
                (
                    "Envoyez `If-Match` avec l’`ETag` reçu à la lecture, pour ne pas écraser le travail d’un autre.",
                    "Send `If-Match` with the `ETag` received when reading, so as not to overwrite someone else’s work.",
                ),
            ),
            Code::TooManyRequests => (
                ("Trop de requêtes", "Too many requests"),
                ("Attendez le temps indiqué par `Retry-After`.", "Wait for the time told by `Retry-After`."),
            ),
            Code::Internal => (
                ("Erreur interne", "Internal error"),
                (
                    "Rien n’a été enregistré. Transmettez `request_id` à la personne qui exploite CabReady.",
                    "Nothing was saved. Give `request_id` to the person who operates CabReady.",
                ),
            ),
            Code::Unavailable => (
                ("Service momentanément indisponible", "Temporarily unavailable"),
                (
                    "La base de données ne répond pas. Réessayez après `Retry-After`.",
                    "The database does not answer. Try again after `Retry-After`.",
                ),
            ),
        }
    }

    pub fn title(self) -> Text {
        let ((fr, en), _) = self.words();
        Text::new(fr, en)
    }

    pub fn explanation(self) -> Text {
        let (_, (fr, en)) = self.words();
        Text::new(fr, en)
    }
}

/// One refused value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// JSON pointer into the body (`/siren`), or `?name` for a parameter of the address.
    #[cfg_attr(feature = "openapi", schema(example = "/siren"))]
    pub pointer: String,
    #[cfg_attr(feature = "openapi", schema(example = "siren_form"))]
    pub code: String,
    /// What is refused, the form expected and the fix.
    #[cfg_attr(feature = "openapi", schema(example = "« 12345 » : neuf chiffres attendus, par exemple 732829320."))]
    pub message: String,
}

/// The only error body of the API (RFC 9457).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(example = "/docs/problems#invalid"))]
    pub kind: String,
    #[cfg_attr(feature = "openapi", schema(example = "Valeur refusée"))]
    pub title: String,
    #[cfg_attr(feature = "openapi", schema(example = 422))]
    pub status: u16,
    #[cfg_attr(feature = "openapi", schema(example = "Un champ est refusé."))]
    pub detail: String,
    /// Path of the request.
    #[cfg_attr(feature = "openapi", schema(example = "/api/v1/dossiers"))]
    pub instance: String,
    pub code: Code,
    #[cfg_attr(feature = "openapi", schema(example = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11"))]
    pub request_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

impl Problem {
    /// Address of the explanation of a code, relative to the server.
    pub fn documentation(code: Code) -> String {
        format!("/docs/problems#{code}")
    }
}
