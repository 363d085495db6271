//! The form of an e-mail address, as far as it can be told without sending to it.

/// One `@`, a local part, a domain with a dot, no space or control character, 254 characters at most.
pub fn is_plausible(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    address.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && !local.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && !address.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'))
}

#[cfg(test)]
mod tests {
    use super::is_plausible;

    #[test]
    fn forms() {
        for good in ["a@exemple.fr", "prenom.nom+suite@sous.exemple.fr"] {
            assert!(is_plausible(good), "{good}");
        }
        for bad in ["", "a", "a@b", "a@@b.fr", "a b@c.fr", "a@-b.fr", "a@b..fr", "a;b@c.fr", "<a@b.fr>"] {
            assert!(!is_plausible(bad), "{bad}");
        }
    }
}
