//! One line for each operation: what is asked, and which use case answers.

use contract::endpoint::op;
use service::{
    advice, anomalies, arrivals, campaigns, cockpit, collection_settings, connections, deadlines, delivery, dossiers,
    eligibility, exchanges, flows, imports, jobs, journal, links, mails, mandates, people, portfolios, proposals,
    reference, relances, rules, session, signatures, suppressions, templates, trend, views, what_if,
};

use crate::edge::Routes;

pub fn routes() -> Routes {
    let mut routes = Routes::default();

    routes.mount::<op::CreateCabinet>(session::create_cabinet);
    routes.mount::<op::CreateSession>(session::create_session);
    routes.mount::<op::RefreshSession>(session::refresh_session);
    routes.mount::<op::EndSession>(session::end_session);
    routes.mount::<op::ListSessions>(session::list_sessions);
    routes.mount::<op::DeleteSession>(session::delete_session);
    routes.mount::<op::ReadMe>(session::read_me);
    routes.mount::<op::UpdateMe>(session::update_me);
    routes.mount::<op::ChangePassword>(session::change_password);
    routes.mount::<op::FindInvitation>(session::find_invitation);
    routes.mount::<op::AcceptInvitation>(session::accept_invitation);

    routes.mount::<op::ReadCabinet>(people::read_cabinet);
    routes.mount::<op::UpdateCabinet>(people::update_cabinet);
    routes.mount::<op::ListPeople>(people::list_people);
    routes.mount::<op::UpdatePerson>(people::update_person);
    routes.mount::<op::ListInvitations>(people::list_invitations);
    routes.mount::<op::CreateInvitation>(people::create_invitation);
    routes.mount::<op::DeleteInvitation>(people::delete_invitation);

    routes.mount::<op::ListPortfolios>(portfolios::list_portfolios);
    routes.mount::<op::CreatePortfolio>(portfolios::create_portfolio);
    routes.mount::<op::UpdatePortfolio>(portfolios::update_portfolio);
    routes.mount::<op::DeletePortfolio>(portfolios::delete_portfolio);

    routes.mount::<op::ReadCockpit>(cockpit::read_cockpit);
    routes.mount::<op::ReadTrend>(trend::read_trend);
    routes.mount::<op::ListMoves>(trend::list_moves);
    routes.mount::<op::ReadBurnUp>(trend::read_burn_up);

    routes.mount::<op::ReadReadinessRules>(rules::read_readiness_rules);
    routes.mount::<op::UpdateReadinessRules>(rules::update_readiness_rules);
    routes.mount::<op::ListReadinessRulesVersions>(rules::list_readiness_rules_versions);
    routes.mount::<op::PreviewReadinessRules>(rules::preview_readiness_rules);

    routes.mount_written::<op::ListDossiers>(dossiers::list_dossiers);
    routes.mount::<op::CreateDossier>(dossiers::create_dossier);
    routes.mount::<op::ExportDossiers>(dossiers::export_dossiers);
    routes.mount::<op::BulkDossiers>(service::bulk::bulk_dossiers);
    routes.mount::<op::SupposeDossiers>(what_if::suppose_dossiers);
    routes.mount::<op::ReadDossier>(dossiers::read_dossier);
    routes.mount::<op::UpdateDossier>(dossiers::update_dossier);
    routes.mount::<op::DeleteDossier>(dossiers::delete_dossier);
    routes.mount::<op::ListExchanges>(exchanges::list_exchanges);
    routes.mount::<op::CreateExchange>(exchanges::create_exchange);
    routes.mount::<op::CancelExchange>(exchanges::cancel_exchange);
    routes.mount::<op::ReadAdviceFile>(advice::read_advice_file);
    routes.mount::<op::ExportAdviceFile>(advice::export_advice_file);
    routes.mount::<op::UndoAct>(service::bulk::undo_act);
    routes.mount::<op::SearchDossiers>(dossiers::search_dossiers);
    routes.mount::<op::ListConnections>(connections::list_connections);
    routes.mount::<op::CreateConnection>(connections::create_connection);
    routes.mount::<op::ReadConnection>(connections::read_connection);
    routes.mount::<op::UpdateConnection>(connections::update_connection);
    routes.mount::<op::DeleteConnection>(connections::delete_connection);
    routes.mount::<op::TryConnection>(connections::try_connection);
    routes.mount::<op::SyncConnection>(connections::sync_connection);
    routes.mount::<op::ListConnectionCalls>(connections::list_connection_calls);
    routes.mount::<op::ReceiveWebhook>(connections::receive_webhook);
    routes.mount::<op::LookupDirectory>(connections::lookup_directory);

    routes.mount::<op::ListViews>(views::list_views);
    routes.mount::<op::CreateView>(views::create_view);
    routes.mount::<op::DeleteView>(views::delete_view);

    routes.mount::<op::ListDeadlines>(deadlines::list_deadlines);
    routes.mount::<op::ReadDeadlineDays>(deadlines::read_deadline_days);
    routes.mount::<op::ExportDeadlines>(deadlines::export_deadlines);
    routes.mount::<op::SettleDeadlines>(deadlines::settle_deadlines);
    routes.mount::<op::ReopenDeadlines>(deadlines::reopen_deadlines);
    routes.mount::<op::ReadDossierCalendar>(deadlines::read_dossier_calendar);
    routes.mount::<op::ListCalendarFeeds>(deadlines::list_calendar_feeds);
    routes.mount::<op::CreateCalendarFeed>(deadlines::create_calendar_feed);
    routes.mount::<op::DeleteCalendarFeed>(deadlines::delete_calendar_feed);
    routes.mount::<op::ReadCalendarFeed>(deadlines::read_calendar_feed);

    routes.mount::<op::ReadMandateBoard>(mandates::read_mandate_board);
    routes.mount::<op::ListMandates>(mandates::list_mandates);
    routes.mount::<op::ExportMandates>(mandates::export_mandates);
    routes.mount::<op::PrintMandates>(mandates::print_mandates);
    routes.mount::<op::ListUnreachable>(mandates::list_unreachable);
    routes.mount::<op::CreateMandate>(mandates::create_mandate);
    routes.mount::<op::CreateMandates>(mandates::create_mandates);
    routes.mount::<op::ActOnMandates>(mandates::act_on_mandates);
    routes.mount::<op::ReadMandate>(mandates::read_mandate);
    routes.mount::<op::UpdateMandate>(mandates::update_mandate);
    routes.mount::<op::UploadMandate>(mandates::upload_mandate);
    routes.mount::<op::ReadMandateDocument>(mandates::read_mandate_document);
    routes.mount::<op::ReadDocument>(mandates::read_document);

    routes.mount::<op::ListCampaigns>(campaigns::list_campaigns);
    routes.mount::<op::CreateCampaign>(campaigns::create_campaign);
    routes.mount::<op::UpdateCampaign>(campaigns::update_campaign);
    routes.mount::<op::ReadEligibility>(eligibility::read_eligibility);
    routes.mount::<op::ListEligibility>(eligibility::list_eligibility);
    routes.mount::<op::ReadCollectionSettings>(collection_settings::read_collection_settings);
    routes.mount::<op::UpdateCollectionSettings>(collection_settings::update_collection_settings);
    routes.mount::<op::ReceiveSignatureEvent>(signatures::receive_signature_event);
    routes.mount::<op::ListLinks>(links::list_links);
    routes.mount::<op::CreateLink>(links::create_link);
    routes.mount::<op::DeleteLink>(links::delete_link);
    routes.mount::<op::ListProposals>(proposals::list_proposals);
    routes.mount::<op::DecideProposals>(proposals::decide_proposals);
    routes.mount::<op::ListMails>(mails::list_mails);
    routes.mount::<op::ReadMail>(mails::read_mail);
    routes.mount::<op::ActOnMails>(mails::act_on_mails);
    routes.mount::<op::RecordAnswer>(delivery::record_answer);
    routes.mount::<op::UndoAnswer>(delivery::undo_answer);
    routes.mount::<op::ReceiveMailEvent>(delivery::receive_mail_event);
    routes.mount::<op::ListSuppressions>(suppressions::list_suppressions);
    routes.mount::<op::CreateSuppression>(suppressions::create_suppression);
    routes.mount::<op::ExportSuppressions>(suppressions::export_suppressions);
    routes.mount::<op::ReactivateSuppression>(suppressions::reactivate_suppression);

    routes.mount::<op::ListTemplateStarters>(templates::list_template_starters);
    routes.mount::<op::ReadTemplateVocabulary>(templates::read_template_vocabulary);
    routes.mount::<op::ListTemplates>(templates::list_templates);
    routes.mount::<op::CreateTemplate>(templates::create_template);
    routes.mount::<op::CheckTemplate>(templates::check_template);
    routes.mount::<op::PreviewTemplate>(templates::preview_template);
    routes.mount::<op::TestTemplate>(templates::test_template);
    routes.mount::<op::ReadTemplate>(templates::read_template);
    routes.mount::<op::UpdateTemplate>(templates::update_template);
    routes.mount::<op::ListTemplateVersions>(templates::list_template_versions);
    routes.mount::<op::CompareTemplateVersions>(templates::compare_template_versions);
    routes.mount::<op::RestoreTemplate>(templates::restore_template);

    routes.mount::<op::ReadRelanceBoard>(relances::read_relance_board);
    routes.mount::<op::ListRelances>(relances::list_relances);
    routes.mount::<op::ActOnRelances>(relances::act_on_relances);
    routes.mount::<op::ForecastRelances>(relances::forecast_relances);
    routes.mount::<op::PauseRelances>(relances::pause_relances);
    routes.mount::<op::ReadRelanceSettings>(relances::read_relance_settings);
    routes.mount::<op::UpdateRelanceSettings>(relances::update_relance_settings);
    routes.mount::<op::ReadDossierRelances>(relances::read_dossier_relances);
    routes.mount::<op::ListSequences>(relances::list_sequences);
    routes.mount::<op::CreateSequence>(relances::create_sequence);
    routes.mount::<op::ReadSequence>(relances::read_sequence);
    routes.mount::<op::UpdateSequence>(relances::update_sequence);
    routes.mount::<op::PrintRelances>(relances::print_relances);
    routes.mount::<op::MoveSequence>(relances::move_sequence);
    routes.mount::<op::TakeOverSequence>(relances::take_over_sequence);
    routes.mount::<op::ListAudience>(relances::list_audience);
    routes.mount::<op::ReadSequenceEffect>(relances::read_sequence_effect);

    routes.mount::<op::ListFlows>(flows::list_flows);
    routes.mount::<op::CountFlows>(flows::count_flows);
    routes.mount::<op::ExportFlows>(flows::export_flows);
    routes.mount::<op::ListPlatformFlows>(flows::list_platform_flows);
    routes.mount::<op::HandleFlows>(flows::handle_flows);
    routes.mount::<op::ListWords>(flows::list_words);
    routes.mount::<op::SetWord>(flows::set_word);
    routes.mount::<op::ReadFlow>(flows::read_flow);

    routes.mount::<op::ListAnomalies>(anomalies::list_anomalies);
    routes.mount::<op::ReadAnomalyBoard>(anomalies::read_anomaly_board);
    routes.mount::<op::ExportAnomalies>(anomalies::export_anomalies);
    routes.mount::<op::ActOnAnomalies>(anomalies::act_on_anomalies);
    routes.mount::<op::TakeNextAnomaly>(anomalies::take_next_anomaly);
    routes.mount::<op::HandOver>(anomalies::hand_over);
    routes.mount::<op::ReadAnomalySettings>(anomalies::read_anomaly_settings);
    routes.mount::<op::UpdateAnomalySettings>(anomalies::update_anomaly_settings);
    routes.mount::<op::ReadAnomaly>(anomalies::read_anomaly);
    routes.mount::<op::ListOccurrences>(anomalies::list_occurrences);
    routes.mount::<op::SplitAnomaly>(anomalies::split_anomaly);
    routes.mount::<op::JoinAnomalies>(anomalies::join_anomalies);
    routes.mount::<op::SetAnomalyStep>(anomalies::set_anomaly_step);
    routes.mount::<op::CreateComment>(anomalies::create_comment);
    routes.mount::<op::UpdateComment>(anomalies::update_comment);
    routes.mount::<op::FollowLive>(anomalies::follow_live);
    routes.mount::<op::ListNotifications>(anomalies::list_notifications);
    routes.mount::<op::ReadNotifications>(anomalies::read_notifications);
    routes.mount::<op::ReadNotificationSettings>(anomalies::read_notification_settings);
    routes.mount::<op::UpdateNotificationSettings>(anomalies::update_notification_settings);
    routes.mount::<op::CreateStatuses>(arrivals::create_statuses);
    routes.mount::<op::UploadFlowFile>(arrivals::upload_flow_file);
    routes.mount::<op::ListFlowProfiles>(imports::list_flow_profiles);
    routes.mount::<op::DeleteFlowProfile>(imports::delete_flow_profile);

    routes.mount::<op::ListImports>(imports::list_imports);
    routes.mount::<op::CreateImport>(imports::create_import);
    routes.mount::<op::ReadImport>(imports::read_import);
    routes.mount::<op::UpdateImport>(imports::update_import);
    routes.mount::<op::DeleteImport>(imports::delete_import);
    routes.mount::<op::CheckImport>(imports::check_import);
    routes.mount::<op::ListImportRows>(imports::list_import_rows);
    routes.mount::<op::ExportImportRejects>(imports::export_import_rejects);
    routes.mount::<op::CommitImport>(imports::commit_import);
    routes.mount::<op::UndoImport>(imports::undo_import);

    routes.mount::<op::ListJobs>(jobs::list_jobs);
    routes.mount::<op::ReadJob>(jobs::read_job);
    routes.mount::<op::CancelJob>(jobs::cancel_job);

    routes.mount::<op::ListJournal>(journal::list_journal);
    routes.mount::<op::ExportJournal>(journal::export_journal);
    routes.mount::<op::ListDossierJournal>(journal::list_dossier_journal);

    routes.mount::<op::ReadReference>(reference::read_reference);
    routes.mount::<op::ListReferenceTables>(reference::list_reference_tables);
    routes.mount::<op::ReadPing>(session::read_ping);

    routes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_contract_is_mounted_once() {
        let mut mounted = routes().ids();
        let mut table: Vec<_> = op::ALL.iter().map(|meta| meta.id).collect();
        mounted.sort_unstable();
        table.sort_unstable();
        assert_eq!(mounted, table);
    }
}
