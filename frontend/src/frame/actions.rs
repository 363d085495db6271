//! Acts that the palette offers on every signed-in page, beside those that a page brings itself.

use domain::Permission;

use super::address::{address, href};
use super::preferences::{self, Theme, switch_language};
use crate::session;
use crate::text::{Lang, t};
use crate::ui::{Command, Icon, palette_command};

/// Called where the frame is built: another right or another language builds it anew.
pub(super) fn offer_actions() {
    let t = t();
    if session::can(Permission::ImportRun) {
        palette_command(
            Command::new(Icon::Import, t.act_import(), || address().go("/imports"))
                .words("csv xlsx excel fichier file"),
        );
    }
    if session::can(Permission::DossierManage) {
        let create = || address().go(&href("/dossiers", &[("create", "1")]));
        palette_command(Command::new(Icon::Plus, t.dossiers_create(), create).words("siren nouveau new").keys("n"));
    }
    if session::can(Permission::DossierWrite) {
        let request = || address().go(&href("/dossiers", &[("missing", "mandate"), ("act", "mandate")]));
        palette_command(
            Command::new(Icon::Mandate, t.act_mandates_new(), request).words("delegation mandat signature"),
        );
        let decide = || address().go(&href("/mandats", &[("tab", "decide")]));
        palette_command(
            Command::new(Icon::Check, t.act_mandates_decide(), decide).words("accepter refuser accept refuse"),
        );
    }
    if session::can(Permission::DossierManage) {
        let campaign = || address().go(&href("/mandats", &[("tab", "campaigns"), ("new", "1")]));
        palette_command(Command::new(Icon::Plus, t.act_mandates_campaign(), campaign).words("collecte collection"));
    }
    palette_command(
        Command::new(Icon::Bookmark, t.act_reference(), || address().go("/referentiel"))
            .words("loi law sources amendes seuils plateformes registre thresholds fines register"),
    );
    for theme in Theme::ALL {
        let face = match theme {
            Theme::System => Icon::Screen,
            Theme::Light => Icon::Sun,
            Theme::Dark => Icon::Moon,
        };
        let label = format!("{} : {}", t.theme(), theme.label());
        palette_command(Command::new(face, label, move || theme.apply()));
    }
    for lang in Lang::ALL.into_iter().filter(|lang| *lang != t) {
        let label = format!("{} : {}", t.language(), lang.own_name());
        palette_command(Command::new(Icon::Globe, label, move || switch_language(lang)).words("language langue"));
    }
    let (label, compact) = match preferences::compact() {
        true => (t.density_regular(), false),
        false => (t.density_compact(), true),
    };
    let label = format!("{} : {}", t.density(), label);
    palette_command(Command::new(Icon::Rail, label, move || preferences::set_compact(compact)));
}
