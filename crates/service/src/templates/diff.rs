//! What differs between two versions of a text, word by word.

use contract::{PieceChange, TemplateDiff, TemplateDiffQuery, TemplateField, TemplateFieldDiff, TemplatePiece};
use domain::TemplateId;
use similar::{ChangeTag, TextDiff};
use store::templates::Version;

use crate::{Answer, Call, Result};

/// The words of a version, part by part.
fn fields(version: &Version) -> [(TemplateField, &str); 7] {
    let en = version.texts.en.as_ref();
    [
        (TemplateField::Name, &version.name),
        (TemplateField::Purpose, version.purpose.as_str()),
        (TemplateField::Tone, version.tone.as_str()),
        (TemplateField::FrSubject, &version.texts.fr.subject),
        (TemplateField::FrBody, &version.texts.fr.body),
        (TemplateField::EnSubject, en.map_or("", |w| &w.subject)),
        (TemplateField::EnBody, en.map_or("", |w| &w.body)),
    ]
}

/// Words that are the same, went or came, those of a kind together.
fn pieces(before: &str, after: &str) -> Vec<TemplatePiece> {
    let mut pieces: Vec<TemplatePiece> = Vec::new();
    for change in TextDiff::from_words(before, after).iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => PieceChange::Same,
            ChangeTag::Delete => PieceChange::Removed,
            ChangeTag::Insert => PieceChange::Added,
        };
        match pieces.last_mut().filter(|p| p.change == kind) {
            Some(piece) => piece.text.push_str(change.value()),
            None => pieces.push(TemplatePiece { change: kind, text: change.value().to_owned() }),
        }
    }
    pieces
}

pub(super) fn between(before: &Version, after: &Version) -> TemplateDiff {
    let both = fields(before).into_iter().zip(fields(after));
    let fields = both
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| TemplateFieldDiff { field, pieces: pieces(before, after) })
        .collect();
    TemplateDiff { from: before.version, to: after.version, fields }
}

pub fn compare_template_versions(
    call: &Call,
    id: TemplateId,
    query: TemplateDiffQuery,
    _: contract::Nothing,
) -> Result<Answer<TemplateDiff>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let before = store::templates::version_of(&mut conn, scope, id, query.from)?;
    let after = store::templates::version_of(&mut conn, scope, id, query.to)?;
    Ok(Answer::new(between(&before, &after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_went_and_came_make_both_texts() {
        let (before, after) = ("Bonjour Claire,\n\nmerci de signer.", "Bonjour Paul,\n\nmerci de bien signer.");
        let pieces = pieces(before, after);
        let of = |change: PieceChange| -> String {
            pieces
                .iter()
                .filter(|p| p.change == change || p.change == PieceChange::Same)
                .map(|p| p.text.as_str())
                .collect()
        };
        assert_eq!(of(PieceChange::Removed), before);
        assert_eq!(of(PieceChange::Added), after);
        let changed: Vec<_> =
            pieces.iter().filter(|p| p.change != PieceChange::Same).map(|p| p.text.as_str()).collect();
        assert!(changed.contains(&"Claire,") && changed.contains(&"Paul,"), "{changed:?}");
    }
}
