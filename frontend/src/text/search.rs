//! Finding words as people type them: without accents, in any case, in any order.

/// Lower case without the accents of Western European names.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'à' | 'â' | 'ä' | 'á' | 'ã' | 'å' | 'À' | 'Â' | 'Ä' | 'Á' | 'Ã' | 'Å' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => out.push('e'),
            'î' | 'ï' | 'í' | 'ì' | 'Î' | 'Ï' | 'Í' | 'Ì' => out.push('i'),
            'ô' | 'ö' | 'ó' | 'ò' | 'õ' | 'ø' | 'Ô' | 'Ö' | 'Ó' | 'Ò' | 'Õ' | 'Ø' => out.push('o'),
            'ù' | 'û' | 'ü' | 'ú' | 'Ù' | 'Û' | 'Ü' | 'Ú' => out.push('u'),
            'ÿ' | 'ý' | 'Ÿ' | 'Ý' => out.push('y'),
            'ç' | 'Ç' => out.push('c'),
            'ñ' | 'Ñ' => out.push('n'),
            'œ' | 'Œ' => out.push_str("oe"),
            'æ' | 'Æ' => out.push_str("ae"),
            '’' | '\'' | '-' | '\u{a0}' | '\u{202f}' => out.push(' '),
            _ => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}

/// Every word of the query starts or stands in the text; the query must be folded already. Digits match across spaces,
/// so "732829" finds "732 829 320".
pub fn matches(folded_query: &str, text: &str) -> bool {
    let text = fold(text);
    let tight: String = text.chars().filter(|c| *c != ' ').collect();
    folded_query
        .split_whitespace()
        .all(|word| text.contains(word) || (word.bytes().all(|b| b.is_ascii_digit()) && tight.contains(word)))
}

/// Puts a short list in order; equal entries keep theirs. The library's sort is written for millions of rows, and three
/// kilobytes long for each type of row.
pub fn order_by_key<T, K: Ord>(rows: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..rows.len() {
        let mut at = end;
        while at > 0 && key(&rows[at - 1]) > key(&rows[at]) {
            rows.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_order_do_not_matter() {
        assert!(matches(&fold("societe hélène"), "HÉLÈNE & Fils – Société civile"));
        assert!(matches(&fold("coeur"), "Le Cœur de Ville"));
        assert!(matches(&fold("732829"), "732\u{a0}829\u{a0}320"));
        assert!(!matches(&fold("boulangerie dupont"), "Boulangerie Martin"));
        assert!(matches("", "anything"));
    }

    #[test]
    fn order_is_kept_among_equals() {
        let mut rows = [(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        order_by_key(&mut rows, |row| row.0);
        assert_eq!(rows, [(0, 'd'), (1, 'b'), (1, 'e'), (2, 'a'), (2, 'c')]);
        order_by_key::<u8, u8>(&mut [], |n| *n);
    }
}
