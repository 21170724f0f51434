//! Who must have signed the certificate of an encrypted resolver.

use std::path::Path;
use std::sync::Arc;

use hickory_resolver::TlsConfig;
use hickory_resolver::net::{NetError, tls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::crawl::CrawlError;

/// Authorities that are trusted; the public ones where none are named.
#[derive(Clone, Debug, Default)]
pub(in crate::crawl) struct Authorities(Option<Arc<RootCertStore>>);

impl Authorities {
    /// Those of a PEM file, and no others.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds no certificate that could be an authority's.
    pub fn read(path: &Path) -> Result<Self, CrawlError> {
        let unfit = |problem: String| CrawlError::Authorities { path: path.to_owned(), problem };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unfit(e.to_string()))? {
            let certificate = certificate.map_err(|e| unfit(e.to_string()))?;
            roots.add(certificate).map_err(|e| unfit(e.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unfit("holds no certificate".into()));
        }
        Ok(Self(Some(Arc::new(roots))))
    }

    pub(super) fn config(&self) -> Result<TlsConfig, NetError> {
        let mut config = TlsConfig::new()?;
        if let Some(roots) = &self.0 {
            config.config = ClientConfig::builder_with_provider(Arc::new(tls::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
        }
        Ok(config)
    }
}
