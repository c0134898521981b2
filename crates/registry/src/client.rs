//! Somebody's registry: schemas are registered in it, and asked for.

use crate::catalogue::{Catalogue, Entry, Reference};
use crate::{Error, MEDIA_TYPE, PROTOBUF};
use hark_proto::schemas::{Schema, SchemaIds};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use url::{Host, Url};

/// A registry answers from memory.
const PATIENCE: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("hark/", env!("CARGO_PKG_VERSION"));

/// Who we are to a registry.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// It does not ask.
    None,
    /// By HTTP's basic authentication.
    Basic {
        /// The user's name, or an API key.
        user: String,
        /// The password, or the key's secret.
        password: String,
    },
    /// By a bearer token.
    Bearer(String),
}

/// Never shows a secret.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic([redacted])",
            Self::Bearer(_) => "Bearer([redacted])",
        })
    }
}

/// What became of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The subject.
    pub subject: String,
    /// The version of the subject that it is.
    pub version: u32,
    /// Its id.
    pub id: u32,
    /// It was not there before.
    pub new: bool,
}

/// A registry that answers over HTTP.
#[derive(Debug)]
pub struct Client {
    url: Url,
    http: reqwest::Client,
    credentials: Credentials,
}

/// A version, in an answer.
#[derive(Deserialize)]
struct Version {
    id: u32,
    version: u32,
}

/// What a registry says when it does not do what it was asked.
#[derive(Deserialize)]
struct Complaint {
    error_code: u32,
    message: String,
}

/// Says whether an address is one of a registry.
///
/// # Errors
///
/// [`Error::Address`] when it is not `http://` or `https://`, or holds a password: that would be
/// logged by whoever sees the address.
pub fn check(url: &str) -> Result<(), Error> {
    address(url).map(drop)
}

fn address(text: &str) -> Result<Url, Error> {
    // Never shown whole: somebody may have put a password into it.
    let wrong = |why: String| Error::Address(format!("that is no address of a registry: {why}"));
    let url = Url::parse(text).map_err(|problem| wrong(problem.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!(
            "it begins with {}:, not with https:// or http://",
            url.scheme()
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::Address(
            "a registry's address holds no user or password; name the environment variables that \
             hold them"
                .to_owned(),
        ));
    }
    Ok(url)
}

/// Whether what is sent stays on this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Client {
    /// For the registry at an address; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`Error::Address`] when the address is none, or credentials would go to another machine
    /// without encryption.
    pub fn new(url: &str, credentials: Credentials) -> Result<Self, Error> {
        let url = address(url)?;
        let encrypted = url.scheme() == "https";
        if !encrypted && credentials != Credentials::None && !is_local(&url) {
            return Err(Error::Address(format!(
                "{url}: credentials are only sent over https://, or to this machine"
            )));
        }
        // Fails when the process already has a provider, which is then as good as this one.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .timeout(PATIENCE)
            .redirect(Policy::none());
        if !encrypted {
            // A machine without any certificate authority can still speak http://.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|problem| Error::Unreachable {
            url: url.to_string(),
            cause: format!(
                "{} (are the system's CA certificates installed?)",
                causes(&problem)
            ),
        })?;
        Ok(Self {
            url,
            http,
            credentials,
        })
    }

    /// Registers what is not there yet, and tells of every schema, as it is done, which id it has.
    ///
    /// # Errors
    ///
    /// The first that goes wrong; what was registered before stays, and running it again goes on.
    pub async fn register(
        &self,
        catalogue: &Catalogue,
        mut told: impl FnMut(&Registered),
    ) -> Result<(), Error> {
        let mut all: Vec<Registered> = Vec::new();
        for entry in catalogue.entries() {
            let references = references(entry, &all);
            let found = self.find(entry, &references).await?;
            let new = found.is_none();
            let version = match found {
                Some(version) => version,
                None => self.add(entry, &references).await?,
            };
            let registered = Registered {
                subject: entry.subject.clone(),
                version: version.version,
                id: version.id,
                new,
            };
            told(&registered);
            all.push(registered);
        }
        Ok(())
    }

    /// The ids that the registry has given to the schemas. Changes nothing there.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] when it does not have them all, just as they are here.
    pub async fn ids(&self, catalogue: &Catalogue) -> Result<SchemaIds, Error> {
        let mut all: Vec<Registered> = Vec::new();
        let mut missing = Vec::new();
        for entry in catalogue.entries() {
            let references = references(entry, &all);
            // What imports a file that is not there cannot be there.
            let found = if references.len() == entry.references.len() {
                self.find(entry, &references).await?
            } else {
                None
            };
            match found {
                None => missing.push(entry.subject.clone()),
                Some(Version { id, version }) => all.push(Registered {
                    subject: entry.subject.clone(),
                    version,
                    id,
                    new: false,
                }),
            }
        }
        if !missing.is_empty() {
            return Err(Error::Missing {
                url: self.url.to_string(),
                subjects: missing,
            });
        }
        let mut ids = all.iter().map(|registered| registered.id);
        Ok(SchemaIds::new(|schema: Schema| {
            ids.next().unwrap_or(schema.id)
        }))
    }

    /// The version of a subject that a schema is, if it is one.
    async fn find(
        &self,
        entry: &Entry,
        references: &[Reference],
    ) -> Result<Option<Version>, Error> {
        let request = self.post(entry, &["subjects", &entry.subject], references);
        match self.answer(entry, request).await {
            Ok(version) => Ok(Some(version)),
            Err(Error::Refused {
                code: 40_401 | 40_403,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn add(&self, entry: &Entry, references: &[Reference]) -> Result<Version, Error> {
        #[derive(Deserialize)]
        struct Added {
            id: u32,
        }
        let path = ["subjects", &entry.subject, "versions"];
        let added: Added = self
            .answer(entry, self.post(entry, &path, references))
            .await?;
        let found = self.find(entry, references).await?;
        found
            .filter(|version| version.id == added.id)
            .ok_or_else(|| Error::Failed {
                url: self.url.to_string(),
                status: 200,
                message: format!(
                    "subject {}: it gave the id {} to a schema and then did not find it",
                    entry.subject, added.id
                ),
            })
    }

    fn post(&self, entry: &Entry, path: &[&str], references: &[Reference]) -> RequestBuilder {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .expect("http and https addresses have paths")
            .pop_if_empty()
            .extend(path);
        let request = self.http.post(url).json(&json!({
            "schemaType": PROTOBUF,
            "references": references,
            "schema": entry.schema.text,
        }));
        let request = request
            .header(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))
            .header(ACCEPT, HeaderValue::from_static(MEDIA_TYPE));
        match &self.credentials {
            Credentials::None => request,
            Credentials::Basic { user, password } => request.basic_auth(user, Some(password)),
            Credentials::Bearer(token) => request.bearer_auth(token),
        }
    }

    async fn answer<T: for<'de> Deserialize<'de>>(
        &self,
        entry: &Entry,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let url = self.url.to_string();
        let unreachable = |problem: reqwest::Error| Error::Unreachable {
            url: url.clone(),
            cause: causes(&problem.without_url()),
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().await.map_err(unreachable)?;
        let complaint = serde_json::from_slice::<Complaint>(&body).ok();
        let said = |complaint: Option<Complaint>| {
            complaint.map_or_else(|| "no reason".to_owned(), |complaint| complaint.message)
        };
        let number = status.as_u16();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Error::Denied {
                url,
                status: number,
                message: said(complaint),
            }),
            _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(Error::Failed {
                    url,
                    status: number,
                    message: said(complaint),
                })
            }
            _ if status.is_success() => {
                serde_json::from_slice(&body).map_err(|_| Error::NotARegistry {
                    url,
                    status: number,
                })
            }
            _ => Err(match complaint {
                // A code of the protocol's own has five digits, or is that of a conflict.
                Some(complaint) if complaint.error_code != 404 => Error::Refused {
                    subject: entry.subject.clone(),
                    code: complaint.error_code,
                    message: complaint.message,
                },
                _ => Error::NotARegistry {
                    url,
                    status: number,
                },
            }),
        }
    }
}

/// The imports of a schema with the versions that the registry has given them. What it does not
/// have is left out.
fn references(entry: &Entry, known: &[Registered]) -> Vec<Reference> {
    let found = entry.references.iter().filter_map(|reference| {
        let known = known
            .iter()
            .find(|known| known.subject == reference.subject)?;
        Some(Reference {
            version: known.version,
            ..reference.clone()
        })
    });
    found.collect()
}

/// An error with what caused it, as one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line = format!("{line}: {cause}");
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Credentials {
        Credentials::Basic {
            user: "me".to_owned(),
            password: "canary".to_owned(),
        }
    }

    #[test]
    fn credentials_go_encrypted_or_not_at_all() {
        for good in [
            "https://registry.example",
            "http://127.0.0.1:8081",
            "http://[::1]:8081/path",
            "http://localhost",
        ] {
            assert!(Client::new(good, user()).is_ok(), "{good}");
        }
        for bad in ["http://registry.example", "http://10.0.0.1"] {
            let error = Client::new(bad, user()).unwrap_err();
            assert_eq!(error.kind(), "address", "{bad}");
            assert!(Client::new(bad, Credentials::None).is_ok(), "{bad}");
        }
    }

    #[test]
    fn an_address_without_a_scheme_or_with_a_password_is_refused() {
        for bad in ["registry:8081", "ftp://a", "", "https://me:canary@a"] {
            let error = check(bad).unwrap_err();
            assert_eq!(error.kind(), "address", "{bad}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let client = Client::new("https://a", user()).unwrap();
        assert!(!format!("{client:?}").contains("canary"));
    }
}
