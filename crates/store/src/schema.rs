//! Tables as both databases have them. Times are microseconds since 1970 UTC, ids and dates are text.

diesel::table! {
    cabinets (id) {
        id -> Text,
        name -> Text,
        demo -> Bool,
        version -> BigInt,
        journal_seq -> BigInt,
        journal_hash -> Text,
        created_at -> BigInt,
        stood_on -> Text,
        stood_by -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        cabinet_id -> Text,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        lang -> Text,
        role -> Text,
        access -> Text,
        active -> Bool,
        aliases -> Text,
        version -> BigInt,
        created_at -> BigInt,
        last_seen_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        cabinet_id -> Text,
        user_id -> Text,
        refresh_hash -> Text,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    portfolios (id) {
        id -> Text,
        cabinet_id -> Text,
        name -> Text,
        name_key -> Text,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    portfolio_people (portfolio_id, user_id) {
        portfolio_id -> Text,
        user_id -> Text,
        cabinet_id -> Text,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        cabinet_id -> Text,
        email -> Text,
        role -> Text,
        access -> Text,
        portfolio_ids -> Text,
        aliases -> Text,
        token_hash -> Text,
        invited_by -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        accepted_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    dossiers (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        siren -> Text,
        name_sort -> Text,
        code_sort -> Text,
        portfolio_id -> Text,
        manager_id -> Text,
        assignee_id -> Text,
        confidential -> Bool,
        missing -> BigInt,
        waves -> BigInt,
        size_class -> Text,
        vat_regime -> Text,
        platform -> Text,
        tool -> Text,
        manager_label -> Text,
        assignee_label -> Text,
        tags -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        search -> Text,
        facts -> Text,
        exposure_cents -> BigInt,
        plan -> Text,
        settled -> Text,
        card -> Text,
        verdict -> Text,
        changes_on -> Text,
        email -> Text,
        sirets -> Text,
        held -> BigInt,
    }
}

diesel::table! {
    standings (cabinet_id, verdict) {
        cabinet_id -> Text,
        verdict -> Text,
        state -> BigInt,
        score -> BigInt,
        next_act -> Text,
    }
}

diesel::table! {
    rules_sums (cabinet_id, version, portfolio_id, confidential) {
        cabinet_id -> Text,
        version -> BigInt,
        portfolio_id -> Text,
        confidential -> Bool,
        version_before -> BigInt,
        day -> Text,
        before -> Text,
        after -> Text,
    }
}

diesel::table! {
    evaluations (cabinet_id) {
        cabinet_id -> Text,
        basis -> Text,
        after_id -> Text,
        done -> Bool,
    }
}

diesel::table! {
    readiness_rules (cabinet_id, version) {
        cabinet_id -> Text,
        version -> BigInt,
        rules -> Text,
        user_id -> Text,
        note -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    sums (cabinet_id, portfolio_id, confidential) {
        cabinet_id -> Text,
        portfolio_id -> Text,
        confidential -> Bool,
        data -> Text,
    }
}

diesel::table! {
    daily_sums (cabinet_id, day, portfolio_id, confidential) {
        cabinet_id -> Text,
        day -> Text,
        portfolio_id -> Text,
        confidential -> Bool,
        data -> Text,
    }
}

diesel::table! {
    readiness_moves (dossier_id, day) {
        dossier_id -> Text,
        cabinet_id -> Text,
        day -> Text,
        before_score -> BigInt,
        before_state -> BigInt,
        before_missing -> BigInt,
        after_score -> BigInt,
        after_state -> BigInt,
        after_missing -> BigInt,
        rules -> BigInt,
    }
}

diesel::table! {
    exchanges (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Text,
        kind -> Text,
        channel -> Text,
        happened_on -> Text,
        subject -> Text,
        body -> Text,
        attachment_name -> Text,
        attachment_sha256 -> Text,
        user_id -> Text,
        created_at -> BigInt,
        cancels -> Text,
    }
}

diesel::table! {
    settlements (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Text,
        kind -> Text,
        from_day -> Text,
        to_day -> Text,
        how -> Text,
        what -> Text,
        source -> Text,
        on_day -> Text,
        user_id -> Text,
        user_name -> Text,
        act_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    calendar_feeds (id) {
        id -> Text,
        cabinet_id -> Text,
        user_id -> Text,
        name -> Text,
        filter -> Text,
        token_hash -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    views (id) {
        id -> Text,
        cabinet_id -> Text,
        user_id -> Text,
        name -> Text,
        query -> Text,
        shared -> Bool,
        created_at -> BigInt,
        list -> Text,
    }
}

diesel::table! {
    acts (id) {
        id -> Text,
        cabinet_id -> Text,
        kind -> Text,
        user_id -> Text,
        created_at -> BigInt,
        undone_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    journal (id) {
        id -> Text,
        cabinet_id -> Text,
        seq -> BigInt,
        at -> BigInt,
        actor_id -> Text,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        subject_label -> Text,
        changes -> Text,
        request_id -> Text,
        act_id -> Text,
        hash -> Text,
    }
}

diesel::table! {
    jobs (id) {
        id -> Text,
        cabinet_id -> Text,
        kind -> Text,
        subject_id -> Text,
        state -> Text,
        done -> BigInt,
        total -> Nullable<BigInt>,
        attempts -> BigInt,
        notes -> Text,
        problem -> Nullable<Text>,
        user_id -> Text,
        request_id -> Text,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        leased_by -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        cancelled -> Bool,
    }
}

diesel::table! {
    imports (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        filename -> Text,
        bytes -> BigInt,
        state -> Text,
        fingerprint -> Text,
        options -> Text,
        detection -> Text,
        counts -> Nullable<Text>,
        undo -> Nullable<Text>,
        job_id -> Nullable<Text>,
        user_id -> Text,
        created_at -> BigInt,
        committed_at -> Nullable<BigInt>,
        subject -> Text,
        platform -> Text,
        changed -> Text,
        progress -> Nullable<Text>,
    }
}

diesel::table! {
    import_chunks (import_id, part, n) {
        import_id -> Text,
        part -> Text,
        n -> BigInt,
        data -> Binary,
    }
}

diesel::table! {
    import_mappings (cabinet_id, fingerprint) {
        cabinet_id -> Text,
        fingerprint -> Text,
        mapping -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (cabinet_id, user_id, key) {
        cabinet_id -> Text,
        user_id -> Text,
        key -> Text,
        request_hash -> Text,
        status -> BigInt,
        etag -> Nullable<Text>,
        body -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    registers (version) {
        version -> BigInt,
        as_of -> Text,
        program_as_of -> Text,
        data -> Text,
        imported_at -> BigInt,
    }
}

diesel::table! {
    mandates (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Text,
        kind -> Text,
        state -> Text,
        version -> BigInt,
        number -> Text,
        platform -> Text,
        terms -> Text,
        starts_on -> Text,
        ends_on -> Text,
        signed_by -> Text,
        sent_to -> Text,
        reminders -> BigInt,
        reason -> Text,
        steps -> Text,
        campaign_id -> Text,
        mail_id -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        sent_at -> Nullable<BigInt>,
        opened_at -> Nullable<BigInt>,
        reminded_at -> Nullable<BigInt>,
        signed_at -> Nullable<BigInt>,
        accepted_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    documents (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Text,
        mandate_id -> Text,
        kind -> Text,
        name -> Text,
        media_type -> Text,
        bytes -> BigInt,
        sha256 -> Text,
        vault_key -> Text,
        by_name -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    links (id) {
        id -> Text,
        cabinet_id -> Text,
        token_hash -> Text,
        email -> Text,
        contact_name -> Text,
        asks -> Text,
        code_hash -> Text,
        code_expires_at -> Nullable<BigInt>,
        code_tries -> BigInt,
        codes_sent -> BigInt,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        opened_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    link_dossiers (link_id, dossier_id) {
        link_id -> Text,
        dossier_id -> Text,
        cabinet_id -> Text,
    }
}

diesel::table! {
    proposals (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Text,
        link_id -> Text,
        field -> Text,
        value -> Text,
        state -> Text,
        by_name -> Text,
        at -> BigInt,
        decided_by -> Text,
        decided_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    mails (id) {
        id -> Text,
        cabinet_id -> Text,
        purpose -> Text,
        state -> Text,
        to_address -> Text,
        to_name -> Text,
        from_name -> Text,
        reply_to -> Text,
        subject -> Text,
        body -> Text,
        about -> Text,
        link_id -> Text,
        message_id -> Text,
        search -> Text,
        user_id -> Text,
        by_name -> Text,
        attempts -> BigInt,
        error -> Text,
        receipt -> Text,
        leased_by -> Text,
        lease_until -> Nullable<BigInt>,
        next_at -> Nullable<BigInt>,
        created_at -> BigInt,
        sent_at -> Nullable<BigInt>,
        html -> Text,
        provider_id -> Text,
        round -> BigInt,
    }
}

diesel::table! {
    mail_events (id) {
        id -> Text,
        cabinet_id -> Text,
        mail_id -> Text,
        round -> BigInt,
        kind -> Text,
        at -> BigInt,
        noted_at -> BigInt,
        source -> Text,
        key -> Text,
        address -> Text,
        said -> Text,
        detail -> Text,
    }
}

diesel::table! {
    mail_dossiers (mail_id, dossier_id) {
        mail_id -> Text,
        dossier_id -> Text,
        cabinet_id -> Text,
    }
}

diesel::table! {
    suppressions (cabinet_id, address, reason) {
        cabinet_id -> Text,
        address -> Text,
        reason -> Text,
        mail_id -> Text,
        said -> Text,
        note -> Text,
        by_name -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    campaigns (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        name -> Text,
        kinds -> Text,
        filter -> Text,
        message -> Text,
        state -> Text,
        user_id -> Text,
        by_name -> Text,
        looked_at -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    collection_settings (cabinet_id) {
        cabinet_id -> Text,
        version -> BigInt,
        data -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    signatures (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Text,
        mandate_id -> Text,
        link_id -> Text,
        provider -> Text,
        provider_id -> Text,
        state -> Text,
        sha256 -> Text,
        signer -> Text,
        error -> Text,
        attempts -> BigInt,
        leased_by -> Text,
        lease_until -> Nullable<BigInt>,
        next_at -> Nullable<BigInt>,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    call_offs (provider, provider_id) {
        provider -> Text,
        provider_id -> Text,
        attempts -> BigInt,
        next_at -> BigInt,
    }
}

diesel::table! {
    strays (vault_key) {
        vault_key -> Text,
        at -> BigInt,
        going -> Bool,
    }
}

diesel::table! {
    outages (way) {
        way -> Text,
        why -> Text,
        until -> BigInt,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    flows (id) {
        id -> Text,
        cabinet_id -> Text,
        dossier_id -> Nullable<Text>,
        version -> BigInt,
        owner -> Text,
        kind -> Text,
        direction -> Text,
        platform -> Text,
        number -> Text,
        seller -> Text,
        counterparty -> Text,
        counterparty_name -> Text,
        issued_on -> Text,
        due_on -> Text,
        net_cents -> Nullable<BigInt>,
        vat_cents -> Nullable<BigInt>,
        gross_cents -> Nullable<BigInt>,
        currency -> Text,
        details -> Text,
        status -> BigInt,
        status_raw -> Text,
        reasons -> Text,
        status_source -> Text,
        source_name -> Text,
        status_at -> Nullable<BigInt>,
        handling -> Text,
        handled -> Text,
        anomalies -> BigInt,
        stuck_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    flow_events (flow_id, key) {
        flow_id -> Text,
        key -> BigInt,
        status -> BigInt,
        raw -> Text,
        reasons -> Text,
        comment -> Text,
        collected_cents -> Nullable<BigInt>,
        source -> Text,
        source_name -> Text,
        at -> BigInt,
        received_at -> BigInt,
    }
}

diesel::table! {
    flow_words (cabinet_id, platform, word) {
        cabinet_id -> Text,
        platform -> Text,
        word -> Text,
        state -> Text,
        status -> BigInt,
        events -> BigInt,
        first_at -> BigInt,
        last_at -> BigInt,
        by_name -> Text,
        read_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    flow_profiles (id) {
        id -> Text,
        cabinet_id -> Text,
        platform -> Text,
        layout -> Text,
        changed -> Text,
        used_at -> BigInt,
    }
}

diesel::table! {
    flow_months (cabinet_id, owner, platform, direction, month) {
        cabinet_id -> Text,
        owner -> Text,
        platform -> Text,
        direction -> Text,
        month -> Text,
        flows -> BigInt,
        rejected -> BigInt,
        refused -> BigInt,
        last_on -> Text,
        last_at -> BigInt,
    }
}

diesel::table! {
    flow_steps (cabinet_id, platform, from_status, to_status, width) {
        cabinet_id -> Text,
        platform -> Text,
        from_status -> BigInt,
        to_status -> BigInt,
        width -> BigInt,
        flows -> BigInt,
    }
}

diesel::table! {
    flow_sweeps (cabinet_id) {
        cabinet_id -> Text,
        swept_at -> BigInt,
    }
}

diesel::table! {
    connections (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        name -> Text,
        platform -> Text,
        data -> Text,
        secret -> Text,
        webhook_key -> Text,
        paused -> Bool,
        health -> Text,
        next_at -> Nullable<BigInt>,
        leased_by -> Text,
        lease_until -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    connection_calls (id) {
        id -> Text,
        connection_id -> Text,
        method -> Text,
        path -> Text,
        status -> BigInt,
        milliseconds -> BigInt,
        bytes -> BigInt,
        request_id -> Text,
        error -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    directory_answers (dossier_id) {
        dossier_id -> Text,
        cabinet_id -> Text,
        state -> Text,
        addresses -> Text,
        source -> Text,
        asked_at -> BigInt,
    }
}

diesel::table! {
    anomalies (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        rule -> Text,
        cause -> Text,
        main -> Bool,
        severity -> Text,
        state -> Text,
        platform -> Text,
        detail -> Text,
        assignee_id -> Text,
        resolution -> Text,
        note -> Text,
        occurrences -> BigInt,
        dossiers -> BigInt,
        exposure_cents -> BigInt,
        priority -> BigInt,
        comments -> BigInt,
        reopened -> BigInt,
        steps -> Text,
        due_at -> Nullable<BigInt>,
        warn_at -> Nullable<BigInt>,
        left_minutes -> Nullable<BigInt>,
        snoozed_until -> Nullable<BigInt>,
        wakes_on_news -> Bool,
        search -> Text,
        opened_at -> BigInt,
        updated_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        told -> BigInt,
    }
}

diesel::table! {
    occurrences (cabinet_id, fingerprint) {
        cabinet_id -> Text,
        fingerprint -> Text,
        anomaly_id -> Text,
        flow_id -> Nullable<Text>,
        dossier_id -> Nullable<Text>,
        detail -> Text,
        exposure_cents -> BigInt,
        opened_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        closed_because -> Text,
        cause -> Text,
        settled -> Bool,
    }
}

diesel::table! {
    seller_accounts (cabinet_id, seller, account) {
        cabinet_id -> Text,
        seller -> Text,
        account -> Text,
        place -> BigInt,
        verified -> Bool,
    }
}

diesel::table! {
    anomaly_steps (id) {
        id -> Text,
        anomaly_id -> Text,
        event -> Text,
        by_name -> Text,
        user_id -> Text,
        data -> Text,
        note -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    comments (id) {
        id -> Text,
        cabinet_id -> Text,
        anomaly_id -> Text,
        user_id -> Text,
        by_name -> Text,
        body -> Text,
        edits -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    watchers (anomaly_id, user_id) {
        anomaly_id -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    anomaly_settings (cabinet_id) {
        cabinet_id -> Text,
        version -> BigInt,
        data -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    notifications (id) {
        id -> Text,
        cabinet_id -> Text,
        user_id -> Text,
        kind -> Text,
        anomaly_id -> Text,
        text -> Text,
        on_screen -> Bool,
        for_mail -> Bool,
        at -> BigInt,
        read_at -> Nullable<BigInt>,
        mailed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    notification_settings (user_id) {
        user_id -> Text,
        data -> Text,
    }
}

diesel::table! {
    pulses (cabinet_id) {
        cabinet_id -> Text,
        beat -> BigInt,
        recent -> Text,
    }
}

diesel::table! {
    templates (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        name -> Text,
        purpose -> Text,
        tone -> Text,
        archived -> Bool,
        origin -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    template_versions (template_id, version) {
        template_id -> Text,
        version -> BigInt,
        cabinet_id -> Text,
        name -> Text,
        purpose -> Text,
        tone -> Text,
        words -> Text,
        note -> Text,
        user_id -> Text,
        by_name -> Text,
        created_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    cabinets,
    sequences,
    enrolments,
    relances,
    relance_pauses,
    relance_settings,
    users,
    sessions,
    portfolios,
    portfolio_people,
    invitations,
    dossiers,
    sums,
    daily_sums,
    readiness_moves,
    standings,
    rules_sums,
    evaluations,
    readiness_rules,
    registers,
    exchanges,
    settlements,
    calendar_feeds,
    views,
    acts,
    journal,
    jobs,
    imports,
    import_chunks,
    import_mappings,
    idempotency_keys,
    mandates,
    documents,
    links,
    link_dossiers,
    proposals,
    mails,
    mail_dossiers,
    mail_events,
    suppressions,
    campaigns,
    collection_settings,
    signatures,
    call_offs,
    strays,
    outages,
    secrets,
    flows,
    flow_events,
    flow_words,
    flow_profiles,
    flow_months,
    flow_steps,
    flow_sweeps,
    connections,
    connection_calls,
    directory_answers,
    anomalies,
    occurrences,
    seller_accounts,
    anomaly_steps,
    comments,
    watchers,
    anomaly_settings,
    notifications,
    notification_settings,
    pulses,
    templates,
    template_versions,
);

diesel::table! {
    sequences (id) {
        id -> Text,
        cabinet_id -> Text,
        version -> BigInt,
        name -> Text,
        purpose -> Text,
        state -> Text,
        filter -> Text,
        course -> Text,
        user_id -> Text,
        by_name -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    enrolments (id) {
        id -> Text,
        cabinet_id -> Text,
        sequence_id -> Text,
        dossier_id -> Text,
        joined_at -> BigInt,
        done -> Text,
        consent -> Text,
        answered_at -> Nullable<BigInt>,
        answered_way -> Text,
        ended -> Text,
        ended_at -> Nullable<BigInt>,
        step_id -> Text,
        code -> Text,
        outcome -> Text,
        at -> Nullable<BigInt>,
        look_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    relances (id) {
        id -> Text,
        cabinet_id -> Text,
        enrolment_id -> Text,
        sequence_id -> Text,
        dossier_id -> Text,
        step_id -> Text,
        step -> Text,
        channel -> Text,
        code -> Text,
        outcome -> Text,
        at -> BigInt,
        mail_id -> Text,
        template_id -> Text,
        trial -> Text,
        by_name -> Text,
        note -> Text,
        task_done_at -> Nullable<BigInt>,
        test -> Bool,
        letter -> Text,
        printed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    relance_pauses (dossier_id) {
        dossier_id -> Text,
        cabinet_id -> Text,
        from_on -> Text,
        to_on -> Text,
        reason -> Text,
        note -> Text,
        by_name -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    relance_settings (cabinet_id) {
        cabinet_id -> Text,
        version -> BigInt,
        data -> Text,
        ran_at -> Nullable<BigInt>,
        looked_at -> BigInt,
        updated_at -> BigInt,
        silences -> Text,
    }
}
