//! Relances of the demonstration firm: texts from those of the product, a sequence that is ready and one that is being
//! written. Sending is switched off, as for every new firm: nothing of hers leaves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{
    DossierQuery, NewTemplate, Nothing, SequenceDeadline, SequenceInput, SequenceMove, SequenceStepInput, Several,
    TemplateSource,
};
use domain::relance::{
    Anchor, Approval, DeadlineSource, Delay, Escalation, RelanceChannel, RelancePurpose, SequenceState, SkipWhen, ToPerson,
    Tone,
};
use domain::{Criterion, TemplateId};
use store::Conn;

use crate::call::Client;
use crate::{App, Call, Error, Result, relances, templates};

const PURPOSES: [RelancePurpose; 3] =
    [RelancePurpose::ChoosePlatform, RelancePurpose::SignMandate, RelancePurpose::ThankYou];

/// Written by the first partner.
pub(super) fn write(app: &App, conn: &mut Conn, partner: &str, now: DateTime<Utc>) -> Result<()> {
    let actor = store::references::actor_by_email(conn, partner)?
        .ok_or_else(|| Error::internal("the first partner is not there"))?;
    let call = Call {
        app: app.clone(),
        actor: Some(actor),
        now,
        request_id: "demo".to_owned(),
        lang: domain::Lang::Fr,
        client: Client::default(),
        if_match: None,
        told: Default::default(),
        upload: None,
    };
    let mut texts: BTreeMap<(RelancePurpose, Tone), TemplateId> = BTreeMap::new();
    for purpose in PURPOSES {
        for tone in Tone::ALL.iter().copied() {
            let body = NewTemplate { name: None, source: TemplateSource::Starter { purpose, tone } };
            let made = templates::create_template(&call, Nothing {}, Nothing {}, body)?.reply;
            texts.insert((purpose, tone), made.row.id);
        }
    }
    let text = |purpose, tone| texts.get(&(purpose, tone)).copied().ok_or_else(|| Error::internal("a text is missing"));
    let step = |purpose, tone, channel, after, approval| -> Result<SequenceStepInput> {
        Ok(SequenceStepInput {
            id: None,
            after,
            channel,
            tone,
            template_id: text(purpose, tone)?,
            variant_id: None,
            approval,
            skip_when: [SkipWhen::ContactedByHand].into(),
        })
    };
    let after = |from, days, working| Delay { from, days, working };
    let platform = RelancePurpose::ChoosePlatform;
    let (mail, call_) = (RelanceChannel::Mail, RelanceChannel::Call);
    let reception = SequenceInput {
        name: "Réception : choisir une plateforme".to_owned(),
        purpose: platform,
        filter: DossierQuery { missing: Several(vec![Criterion::ReceptionPlatform]), ..DossierQuery::default() },
        starts_on: None,
        deadline: None,
        steps: vec![
            step(platform, Tone::Gentle, mail, after(Anchor::Start, 0, false), Approval::Automatic)?,
            step(platform, Tone::Firm, mail, after(Anchor::Previous, 7, true), Approval::Automatic)?,
            step(platform, Tone::Firm, call_, after(Anchor::Previous, 5, true), Approval::Automatic)?,
            step(platform, Tone::Urgent, mail, after(Anchor::Previous, 7, true), Approval::Manual)?,
        ],
        escalation: Some(Escalation { after: 3, to: ToPerson::Manager }),
        preview: false,
    };
    let made = relances::create_sequence(&call, Nothing {}, Nothing {}, reception)?.reply;
    let sequence = made.sequence.ok_or_else(|| Error::internal("the sequence was not made"))?;
    let active = SequenceMove { state: SequenceState::Active, preview: false };
    relances::move_sequence(&Call { if_match: Some(sequence.version), ..call.clone() }, sequence.id, Nothing {}, active)?;
    let mandate = RelancePurpose::SignMandate;
    let emission = SequenceInput {
        name: "Mandats : avant l’émission".to_owned(),
        purpose: mandate,
        filter: DossierQuery::default(),
        starts_on: None,
        deadline: Some(SequenceDeadline { source: DeadlineSource::Emission, on: None }),
        steps: vec![
            step(mandate, Tone::Gentle, mail, after(Anchor::Deadline, -120, false), Approval::Automatic)?,
            step(mandate, Tone::Firm, mail, after(Anchor::Deadline, -60, false), Approval::Automatic)?,
            step(mandate, Tone::Urgent, mail, after(Anchor::Deadline, -30, false), Approval::Manual)?,
        ],
        escalation: None,
        preview: false,
    };
    relances::create_sequence(&call, Nothing {}, Nothing {}, emission)?;
    Ok(())
}
