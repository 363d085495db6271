//! Which addresses may be spoken to. A person of a firm writes them, and the server connects: without a look at where
//! they lead, the server would be a way into the network that it stands in.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use domain::text::Text;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::setting::{SettingError, without_secret};

/// An address that anybody on the internet may have: not of this machine, of a private network, of a test, of a group.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Shared by providers; reserved for protocols; the old relays of 6to4; for measurements.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let four = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        // An IPv4 address in another dress: mapped, compatible, behind NAT64, by 6to4.
        (0, 0) if (c, d, e) == (0, 0, 0) && matches!(f, 0 | 0xffff) => f == 0xffff && is_public_v4(four(g, h)),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => is_public_v4(four(g, h)),
        (0x64, 0xff9b) => false,
        (0x2002, _) => is_public_v4(four(b, c)),
        // Teredo, documentation, ORCHID, for measurements.
        (0x2001, 0 | 0x2 | 0xdb8) | (0x2001, 0x10..=0x2f) => false,
        // Only 2000::/3 is given out: no local, link-local, site-local address, no group.
        _ => a & 0xe000 == 0x2000,
    }
}

/// That a name leads inside, found at the moment of connecting.
#[derive(Debug)]
pub(super) struct LeadsInside;

impl std::fmt::Display for LeadsInside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name leads into a private network")
    }
}

impl std::error::Error for LeadsInside {}

/// Looks names up and leaves out what is not public, each time that a connection is made: a name that led outside
/// when it was checked may lead inside now.
#[derive(Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = look_up(name.as_str())?;
            let public: Vec<SocketAddr> = found.into_iter().filter(|a| is_public(a.ip())).collect();
            if public.is_empty() {
                return Err(LeadsInside.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn look_up(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((name, 0).to_socket_addrs()?.collect())
}

/// Reads an address that a person wrote. `inside`: private networks may be spoken to, also without TLS.
pub(super) fn read(text: &str, inside: bool) -> Result<Url, SettingError> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| refused(text, "n’est pas lisible", "cannot be read"))?;
    match url.scheme() {
        "https" => {}
        "http" if inside => {}
        "http" => return Err(refused(text, "enverrait le secret en clair", "would send the secret in clear")),
        _ => return Err(refused(text, "n’est pas une adresse web", "is not a web address")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            text,
            "contient un nom ou un mot de passe ; l’identifiant et le secret ont leurs propres champs",
            "holds a name or a password; the client id and its secret have fields of their own",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused(text, "contient « ? » ou « # »", "holds “?” or “#”"));
    }
    if !inside && !literal_is_public(&url) {
        return Err(leads_inside(text));
    }
    Ok(url)
}

/// False for a number that is not public. A name is for whoever looks it up.
pub(super) fn literal_is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_public_v4(ip),
        Some(Host::Ipv6(ip)) => is_public_v6(ip),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            !name.eq_ignore_ascii_case("localhost") && !name.to_ascii_lowercase().ends_with(".localhost")
        }
        None => false,
    }
}

/// Refuses a name that leads nowhere but inside. One that cannot be looked up for now is left to the connection.
pub(super) fn check_name(url: &Url) -> Result<(), SettingError> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    match look_up(name) {
        Ok(found) if !found.is_empty() && !found.iter().any(|a| is_public(a.ip())) => Err(leads_inside(url.as_str())),
        _ => Ok(()),
    }
}

fn leads_inside(text: &str) -> SettingError {
    refused(
        text,
        "mène à un réseau privé ou à cette machine même",
        "leads into a private network or to this very machine",
    )
}

fn refused(text: &str, why_fr: &str, why_en: &str) -> SettingError {
    let shown = without_secret(text);
    SettingError::new(
        Text::new(format!("L’adresse « {shown} » {why_fr}"), format!("The address “{shown}” {why_en}")),
        Text::new("une adresse https:// publique de la plateforme", "a public https:// address of the platform"),
        Text::new(
            "recopiez l’adresse que la plateforme documente ; pour un réseau privé, l’exploitant du serveur doit l’autoriser (allow-private-platforms)",
            "copy the address that the platform documents; for a private network the operator of the server has to allow it (allow-private-platforms)",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_internet_is_known() {
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "2001::1",
            "2001:db8::1",
            "2001:20::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "1::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2a00:1450::1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2001:4860::1",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn an_address_is_read_as_strictly_as_the_server_allows() {
        assert_eq!(read(" https://api.exemple.fr/flow ", false).unwrap().as_str(), "https://api.exemple.fr/flow");
        for bad in [
            "http://api.exemple.fr",
            "ftp://api.exemple.fr",
            "api.exemple.fr",
            "https://api.exemple.fr/?x=1",
            "https://api.exemple.fr/#a",
            "https://u:p@api.exemple.fr",
            "https://127.0.0.1",
            "https://[::1]/",
            "https://localhost/",
            "https://a.localhost./",
            // Other spellings of 127.0.0.1.
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://[::ffff:7f00:1]/",
        ] {
            assert!(read(bad, false).is_err(), "{bad}");
        }
        assert!(read("http://127.0.0.1:9/flow", true).is_ok());
        let shown = read("https://u:s3cr3t@api.exemple.fr", false).unwrap_err().to_string();
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}
