//! New ids, each of its own type.

pub use store::ids::fresh;

macro_rules! new_ids {
    ($($function:ident -> $name:ident),+ $(,)?) => {$(
        pub fn $function() -> domain::$name { domain::$name::from_uuid(fresh()) }
    )+};
}

new_ids! {
    cabinet -> CabinetId,
    user -> UserId,
    session -> SessionId,
    invitation -> InvitationId,
    portfolio -> PortfolioId,
    dossier -> DossierId,
    view -> ViewId,
    import -> ImportId,
    act -> ActId,
    exchange -> ExchangeId,
    settlement -> SettlementId,
    feed -> FeedId,
    mandate -> MandateId,
    document -> DocumentId,
    link -> LinkId,
    proposal -> ProposalId,
    mail -> MailId,
    mail_event -> MailEventId,
    campaign -> CampaignId,
    connection -> ConnectionId,
    anomaly -> AnomalyId,
    comment -> CommentId,
    notification -> NotificationId,
    flow -> FlowId,
    profile -> ProfileId,
    signature -> SignatureId,
    sequence -> SequenceId,
    step -> RelanceStepId,
    enrolment -> EnrolmentId,
    relance -> RelanceId,
    template -> TemplateId,
}
