//! Whether the domain that mail leaves from says so itself: SPF, DKIM, DMARC. What is asked of the domain name system are
//! hints for who publishes its records; nothing is refused for them.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use domain::text::Text;
use simple_dns::rdata::{OPT, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};

/// For each answer; asked twice of each resolver.
const WAIT: Duration = Duration::from_secs(2);
const TRIES: usize = 2;
/// Resolvers asked, one after the other.
const MOST_SERVERS: usize = 3;
/// Largest answer by UDP; what is larger is asked for by TCP.
const LARGEST_UDP: u16 = 1232;

domain::closed_enum! {
    pub enum About {
        /// Which servers may send for the domain (RFC 7208).
        Spf = "SPF",
        /// Signatures over its mail (RFC 6376).
        Dkim = "DKIM",
        /// What to do with mail that has neither (RFC 7489).
        Dmarc = "DMARC",
    }
}

domain::closed_enum! {
    pub enum Finding {
        Good = "good",
        /// Something is to be published or changed.
        Lacking = "lacking",
        /// It could not be asked.
        Unknown = "unknown",
    }
}

/// What was found, and the record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub about: About,
    pub finding: Finding,
    pub said: Text,
    pub publish: Option<String>,
}

/// Servers that know the domain name system.
#[derive(Debug, Clone)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
}

impl Resolver {
    pub fn at(server: SocketAddr) -> Self {
        Self { servers: vec![server] }
    }

    /// Those of this machine.
    pub fn system() -> Self {
        Self::read(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
    }

    fn read(conf: &str) -> Self {
        let server = |line: &str| {
            let mut words = line.split_whitespace();
            (words.next() == Some("nameserver")).then(|| words.next()?.parse::<IpAddr>().ok()).flatten()
        };
        let servers = conf.lines().filter_map(server).take(MOST_SERVERS).map(|ip| SocketAddr::new(ip, 53)).collect();
        Self { servers }
    }

    /// Texts that stand under a name; none where there is no such name.
    fn texts(&self, name: &str) -> io::Result<Vec<String>> {
        let mut last = io::Error::other("no resolver is known on this machine");
        for server in &self.servers {
            for _ in 0..TRIES {
                match ask(*server, name) {
                    Ok(found) => return Ok(found),
                    Err(error) => last = error,
                }
            }
        }
        Err(last)
    }
}

fn broken(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

fn ask(server: SocketAddr, name: &str) -> io::Result<Vec<String>> {
    let [.., a, b] = uuid::Uuid::now_v7().into_bytes();
    let id = u16::from_be_bytes([a, b]);
    let mut query = Packet::new_query(id);
    query.set_flags(PacketFlag::RECURSION_DESIRED);
    let asked = Name::new(name).map_err(broken)?;
    query.questions.push(Question::new(asked, QTYPE::TYPE(TYPE::TXT), QCLASS::CLASS(CLASS::IN), false));
    *query.opt_mut() = Some(OPT { opt_codes: Vec::new(), udp_packet_size: LARGEST_UDP, version: 0 });
    let query = query.build_bytes_vec().map_err(broken)?;

    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(WAIT))?;
    socket.send(&query)?;
    let mut answer = vec![0; usize::from(LARGEST_UDP) + 512];
    let taken = socket.recv(&mut answer)?;
    answer.truncate(taken);
    match texts_of(&answer, id, name)? {
        Some(texts) => Ok(texts),
        None => texts_of(&by_tcp(server, &query)?, id, name)?.ok_or_else(|| broken("cut off twice")),
    }
}

fn by_tcp(server: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let mut line = TcpStream::connect_timeout(&server, WAIT)?;
    line.set_read_timeout(Some(WAIT))?;
    line.set_write_timeout(Some(WAIT))?;
    line.write_all(&u16::try_from(query.len()).map_err(broken)?.to_be_bytes())?;
    line.write_all(query)?;
    let mut length = [0; 2];
    line.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    line.read_exact(&mut answer)?;
    Ok(answer)
}

/// The texts of an answer to this question; nothing where it was cut off.
fn texts_of(answer: &[u8], id: u16, name: &str) -> io::Result<Option<Vec<String>>> {
    let packet = Packet::parse(answer).map_err(broken)?;
    let asked = packet.questions.first().is_some_and(|q| q.qname.to_string().eq_ignore_ascii_case(name));
    if packet.id() != id || !asked {
        return Err(broken("an answer to another question"));
    }
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Ok(None);
    }
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Ok(Some(Vec::new())),
        other => return Err(broken(format!("the resolver answers {other:?}"))),
    }
    let mut found = Vec::new();
    for record in packet.answers {
        if let RData::TXT(text) = record.rdata {
            found.push(String::try_from(text).map_err(broken)?);
        }
    }
    Ok(Some(found))
}

/// What mail needs to be believed.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// Of the address that mail leaves from.
    pub domain: &'a str,
    /// The relay that mail leaves by, where there is one.
    pub relay: Option<&'a str>,
    /// Under which the key of the signatures stands.
    pub selector: Option<&'a str>,
}

/// Looks at SPF, DKIM and DMARC of a domain.
pub fn hints(resolver: &Resolver, sender: Sender<'_>) -> [Hint; 3] {
    [spf(resolver, sender), dkim(resolver, sender), dmarc(resolver, sender.domain)]
}

fn hint(about: About, finding: Finding, fr: String, en: String, publish: Option<String>) -> Hint {
    Hint { about, finding, said: Text::new(fr, en), publish }
}

fn unasked(about: About, name: &str, error: &io::Error) -> Hint {
    let why = error.kind();
    hint(
        about,
        Finding::Unknown,
        format!("{name} n’a pas pu être demandé ({why})"),
        format!("{name} could not be asked ({why})"),
        None,
    )
}

fn spf(resolver: &Resolver, sender: Sender<'_>) -> Hint {
    let Sender { domain, relay, .. } = sender;
    let found = match resolver.texts(domain) {
        Ok(found) => found,
        Err(error) => return unasked(About::Spf, domain, &error),
    };
    let is_spf = |t: &&String| t.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case("v=spf1"));
    let records: Vec<&String> = found.iter().filter(is_spf).collect();
    let by = relay.map_or_else(|| "include:<your provider>".to_owned(), |relay| format!("a:{relay}"));
    let publish = Some(format!("{domain}. TXT \"v=spf1 {by} ~all\""));
    match records.as_slice() {
        [] => hint(
            About::Spf,
            Finding::Lacking,
            format!("{domain} ne dit pas quels serveurs envoient pour lui"),
            format!("{domain} does not say which servers send for it"),
            publish,
        ),
        [one] => {
            let words: Vec<String> = one.split_whitespace().map(str::to_ascii_lowercase).collect();
            if words.iter().any(|w| w == "+all" || w == "all") {
                return hint(
                    About::Spf,
                    Finding::Lacking,
                    format!("{domain} laisse n’importe qui envoyer pour lui (« +all »)"),
                    format!("{domain} lets anybody send for it (“+all”)"),
                    Some(format!("{domain}. TXT \"{}\"", replaced_all(one))),
                );
            }
            let ends = words.iter().any(|w| w == "-all" || w == "~all" || w.starts_with("redirect="));
            if !ends {
                return hint(
                    About::Spf,
                    Finding::Lacking,
                    format!("{domain} dit qui envoie pour lui, mais rien des autres (ni « ~all », ni « -all »)"),
                    format!("{domain} says who sends for it, and nothing of the others (neither “~all” nor “-all”)"),
                    Some(format!("{domain}. TXT \"{}\"", replaced_all(one))),
                );
            }
            let check = relay.map_or_else(
                || Text::new(String::new(), String::new()),
                |relay| {
                    Text::new(format!(" ; vérifiez qu’il autorise {relay}"), format!("; see that it allows {relay}"))
                },
            );
            hint(
                About::Spf,
                Finding::Good,
                format!("{domain} dit quels serveurs envoient pour lui{}", check.fr),
                format!("{domain} says which servers send for it{}", check.en),
                None,
            )
        }
        several => hint(
            About::Spf,
            Finding::Lacking,
            format!("{domain} a {} enregistrements SPF : aucun ne compte", several.len()),
            format!("{domain} has {} SPF records: none of them counts", several.len()),
            publish,
        ),
    }
}

/// The record with the usual word on all others.
fn replaced_all(record: &str) -> String {
    let kept: Vec<&str> = record
        .split_whitespace()
        .filter(|w| !w.to_ascii_lowercase().trim_start_matches(['+', '?']).eq("all"))
        .collect();
    format!("{} ~all", kept.join(" "))
}

fn dkim(resolver: &Resolver, sender: Sender<'_>) -> Hint {
    let domain = sender.domain;
    let Some(selector) = sender.selector else {
        return hint(
            About::Dkim,
            Finding::Unknown,
            "le sélecteur n’est pas connu : donnez --mail-dkim-selector, que votre relais ou fournisseur indique"
                .to_owned(),
            "the selector is not known: give --mail-dkim-selector, which your relay or provider tells".to_owned(),
            None,
        );
    };
    let name = format!("{selector}._domainkey.{domain}");
    let found = match resolver.texts(&name) {
        Ok(found) => found,
        Err(error) => return unasked(About::Dkim, &name, &error),
    };
    let key = |record: &String| tag(record, "p").map(|p| p.split_whitespace().collect::<String>());
    match found.iter().find_map(key) {
        Some(key) if !key.is_empty() => hint(
            About::Dkim,
            Finding::Good,
            format!("{name} porte la clé des signatures"),
            format!("{name} has the key of the signatures"),
            None,
        ),
        Some(_) => hint(
            About::Dkim,
            Finding::Lacking,
            format!("la clé de {name} est révoquée (p= est vide)"),
            format!("the key of {name} is revoked (p= is empty)"),
            Some(format!("{name}. TXT \"v=DKIM1; k=rsa; p=<public key of your relay>\"")),
        ),
        None => hint(
            About::Dkim,
            Finding::Lacking,
            format!("aucune clé sous {name}"),
            format!("no key under {name}"),
            Some(format!("{name}. TXT \"v=DKIM1; k=rsa; p=<public key of your relay>\"")),
        ),
    }
}

fn dmarc(resolver: &Resolver, domain: &str) -> Hint {
    let publish = Some(format!("_dmarc.{domain}. TXT \"v=DMARC1; p=none; rua=mailto:postmaster@{domain}\""));
    // What stands above counts for what is below it; a suffix such as « fr » has none, and is not asked.
    let mut of = domain;
    while of.contains('.') {
        let name = format!("_dmarc.{of}");
        let found = match resolver.texts(&name) {
            Ok(found) => found,
            Err(error) => return unasked(About::Dmarc, &name, &error),
        };
        if let Some(record) = found.iter().find(|r| tag(r, "v").is_some_and(|v| v.eq_ignore_ascii_case("dmarc1"))) {
            let below = if of == domain { None } else { tag(record, "sp") };
            return match below.or_else(|| tag(record, "p")).unwrap_or_default().to_ascii_lowercase().as_str() {
                policy @ ("quarantine" | "reject") => hint(
                    About::Dmarc,
                    Finding::Good,
                    format!("{name} protège le domaine (p={policy})"),
                    format!("{name} protects the domain (p={policy})"),
                    None,
                ),
                "none" => hint(
                    About::Dmarc,
                    Finding::Good,
                    format!("{name} observe seulement (p=none) ; « quarantine » protège, une fois SPF et DKIM sûrs"),
                    format!("{name} only watches (p=none); “quarantine” protects, once SPF and DKIM are sure"),
                    None,
                ),
                _ => hint(
                    About::Dmarc,
                    Finding::Lacking,
                    format!("{name} ne dit pas que faire (p= manque)"),
                    format!("{name} does not say what to do (p= is missing)"),
                    publish,
                ),
            };
        }
        of = of.split_once('.').map_or("", |(_, above)| above);
    }
    hint(
        About::Dmarc,
        Finding::Lacking,
        format!("_dmarc.{domain} n’existe pas : les grandes messageries se méfient de ce domaine"),
        format!("_dmarc.{domain} does not exist: large mailbox providers mistrust this domain"),
        publish,
    )
}

/// The value of a tag of a record such as `v=DMARC1; p=none`.
fn tag<'r>(record: &'r str, name: &str) -> Option<&'r str> {
    record.split(';').filter_map(|part| part.split_once('=')).find(|(n, _)| n.trim() == name).map(|(_, v)| v.trim())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use simple_dns::ResourceRecord;
    use simple_dns::rdata::TXT;

    use super::*;

    /// A resolver of the test: what stands under which name. Names that are not there do not exist.
    fn resolver(known: &'static [(&'static str, &'static str)], by_tcp_only: bool) -> Resolver {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let at = socket.local_addr().unwrap();
        let listener = TcpListener::bind(at).unwrap();
        let reply = move |query: &[u8], whole: bool| {
            let query = Packet::parse(query).unwrap();
            let mut reply = query.into_reply();
            let name = reply.questions[0].qname.to_string();
            let texts: Vec<&str> = known.iter().filter(|(n, _)| *n == name).map(|(_, t)| *t).collect();
            if texts.is_empty() {
                *reply.rcode_mut() = RCODE::NameError;
            }
            if whole {
                for text in texts {
                    let (name, text) = (Name::new_unchecked(&name).into_owned(), TXT::try_from(text).unwrap());
                    reply.answers.push(ResourceRecord::new(name, CLASS::IN, 60, RData::TXT(text)));
                }
            } else {
                reply.set_flags(PacketFlag::TRUNCATION);
            }
            reply.build_bytes_vec().unwrap()
        };
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((n, from)) = socket.recv_from(&mut buffer) {
                socket.send_to(&reply(&buffer[..n], !by_tcp_only), from).unwrap();
            }
        });
        std::thread::spawn(move || {
            for line in listener.incoming() {
                let mut line = line.unwrap();
                let mut length = [0; 2];
                line.read_exact(&mut length).unwrap();
                let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
                line.read_exact(&mut query).unwrap();
                let answer = reply(&query, true);
                line.write_all(&u16::try_from(answer.len()).unwrap().to_be_bytes()).unwrap();
                line.write_all(&answer).unwrap();
            }
        });
        Resolver::at(at)
    }

    fn sender(domain: &str) -> Sender<'_> {
        Sender { domain, relay: Some("relais.example"), selector: Some("s1") }
    }

    #[test]
    fn a_domain_that_has_everything_is_good() {
        const KNOWN: &[(&str, &str)] = &[
            ("cabinet.example", "verification=1"),
            ("cabinet.example", "v=spf1 a:relais.example -all"),
            ("s1._domainkey.cabinet.example", "v=DKIM1; k=rsa; p=MIIB IjAN"),
            ("_dmarc.cabinet.example", "v=DMARC1; p=reject; rua=mailto:x@cabinet.example"),
        ];
        for by_tcp_only in [false, true] {
            let found = hints(&resolver(KNOWN, by_tcp_only), sender("cabinet.example"));
            assert!(found.iter().all(|h| h.finding == Finding::Good && h.publish.is_none()), "{found:?}");
            assert!(found[0].said.en.ends_with("see that it allows relais.example"));
        }
    }

    #[test]
    fn what_is_missing_is_told_with_the_record_to_publish() {
        let [spf, dkim, dmarc] = hints(&resolver(&[], false), sender("cabinet.example"));
        for hint in [&spf, &dkim, &dmarc] {
            assert_eq!(hint.finding, Finding::Lacking, "{hint:?}");
        }
        assert_eq!(spf.publish.as_deref(), Some("cabinet.example. TXT \"v=spf1 a:relais.example ~all\""));
        assert!(dkim.publish.unwrap().starts_with("s1._domainkey.cabinet.example. TXT \"v=DKIM1;"));
        assert!(dmarc.publish.unwrap().starts_with("_dmarc.cabinet.example. TXT \"v=DMARC1; p=none;"));
    }

    #[test]
    fn records_that_do_not_protect_are_told() {
        const KNOWN: &[(&str, &str)] = &[
            ("open.example", "v=spf1 +all"),
            ("half.example", "v=spf1 mx ?all"),
            ("twice.example", "v=spf1 mx -all"),
            ("twice.example", "V=SPF1 a -all"),
            ("s1._domainkey.open.example", "v=DKIM1; p="),
            ("_dmarc.open.example", "v=DMARC1; rua=mailto:x@open.example"),
            ("_dmarc.half.example", "v=DMARC1; p=none"),
            ("_dmarc.twice.example", "v=DMARC1; p=none; sp=quarantine"),
        ];
        let resolver = resolver(KNOWN, false);
        let [spf, dkim, dmarc] = hints(&resolver, sender("open.example"));
        assert_eq!(spf.publish.as_deref(), Some("open.example. TXT \"v=spf1 ~all\""));
        assert!(dkim.said.en.contains("revoked"), "{dkim:?}");
        assert_eq!(dmarc.finding, Finding::Lacking);
        let [spf, _, dmarc] = hints(&resolver, sender("half.example"));
        assert_eq!(spf.publish.as_deref(), Some("half.example. TXT \"v=spf1 mx ~all\""));
        assert!(dmarc.finding == Finding::Good && dmarc.said.en.contains("only watches"));
        assert!(hints(&resolver, sender("twice.example"))[0].said.en.contains("none of them counts"));
        // What stands above counts below, by its own word for it.
        let [.., dmarc] = hints(&resolver, sender("mail.twice.example"));
        assert!(dmarc.said.en.contains("p=quarantine"), "{dmarc:?}");
    }

    #[test]
    fn what_cannot_be_asked_is_said_to_be_unknown() {
        // Nobody answers there: the socket is closed again.
        let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for resolver in [Resolver::at(closed), Resolver::read("")] {
            for hint in hints(&resolver, sender("cabinet.example")) {
                assert_eq!((hint.finding, hint.publish), (Finding::Unknown, None));
            }
        }
        let blind = Sender { selector: None, ..sender("cabinet.example") };
        assert_eq!(hints(&resolver(&[], false), blind)[1].finding, Finding::Unknown);
    }

    #[test]
    fn resolvers_of_the_machine() {
        let conf = "# x\nsearch lan\nnameserver 192.0.2.1\nnameserver  2001:db8::1\nnameserver x\noptions edns0\n";
        let at: Vec<String> = Resolver::read(conf).servers.iter().map(ToString::to_string).collect();
        assert_eq!(at, ["192.0.2.1:53", "[2001:db8::1]:53"]);
    }
}
