//! A certificate authority and a broker's certificate, made on the spot.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::fs;
use std::path::Path;

/// When a broker's certificate holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validity {
    /// Now.
    #[default]
    Valid,
    /// It did, until 2001.
    Expired,
}

/// Writes `ca.pem`, whom clients trust, and `broker.pem`, the broker's key and certificate for
/// 127.0.0.1 and localhost, into a folder.
pub(crate) fn write(folder: &Path, validity: Validity) -> Result<()> {
    let (authority, broker) = pems(validity).context("cannot make a certificate")?;
    fs::write(folder.join("ca.pem"), authority).context("cannot write ca.pem")?;
    fs::write(folder.join("broker.pem"), broker).context("cannot write broker.pem")
}

fn pems(validity: Validity) -> Result<(String, String), rcgen::Error> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new([])?;
    authority
        .distinguished_name
        .push(DnType::CommonName, "hark tests");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut broker = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    broker
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    broker.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if validity == Validity::Expired {
        broker.not_before = date_time_ymd(2000, 1, 1);
        broker.not_after = date_time_ymd(2001, 1, 1);
    }
    let certificate = broker.signed_by(&key, &issuer)?;
    Ok((authority_pem, key.serialize_pem() + &certificate.pem()))
}
