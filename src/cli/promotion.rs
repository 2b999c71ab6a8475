//! `flts promotion`: shows the pointer and its history, or moves the pointer by hand: a decision in the log, with who and why.

use anyhow::{Context as _, bail};
use clap::{Arg, ArgMatches, value_parser};
use serde_json::json;

use crate::actors::{FetchError, fetch_model, promote_run, roll_back};
use crate::config::Config;
use crate::node::{memory_budget, require_conditional_writes};
use crate::storage::{Audit, Decision, Decisions, FetchedPointer, Pointer, Runs};
use crate::terminal::plain;

use super::backends::{CommandBackends, StoreAccessMode};
use super::command::{Command, PromotionAction, PromotionOptions};
use super::exit::Exit;
use super::flags::Environment;
use super::print::table;
use super::{flags, help};

const UNKNOWN_PERSON: &str = "unknown";
const NO_REASON: &str = "no reason given";

/// The command, its subcommands and flags.
pub fn command() -> clap::Command {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let number = |name, help| flag(name, "N", help).value_parser(value_parser!(u64).range(1..));
    let audit = || {
        [
            flag("why", "TEXT", "The reason, kept in the history"),
            flag("who", "NAME", "Who moves it, kept in the history; without it $USER"),
        ]
    };
    let leaf = |name: &'static str, about: &'static str| {
        clap::Command::new(name)
            .about(about)
            .after_help(help::RULES)
            .arg(flags::json())
            .args(flags::settings(flags::is_place))
    };
    clap::Command::new("promotion")
        .about("Show or move the pointer to the model in service")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([
            leaf("show", "Show what the pointer names"),
            leaf("history", "Show the decisions, the newest first")
                .arg(number("limit", "How many decisions").default_value("20")),
            leaf("rollback", "Serve a model again that was served before")
                .arg(number("to-generation", "The generation; without it the model before the present one"))
                .args(audit()),
            leaf("set", "Serve this run, whatever its score; it has to load and to forecast")
                .arg(Arg::new("RUN_ID").required(true).help("The run, as history shows it"))
                .args(audit()),
        ])
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let Some((name, matches)) = matches.subcommand() else { unreachable!("invariant: clap asks for a subcommand") };
    let number = |name: &str| matches.get_one::<u64>(name).copied();
    let action = match name {
        "history" => PromotionAction::History {
            limit: number("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX),
        },
        "rollback" => {
            PromotionAction::Rollback { to_generation: number("to-generation"), audit: audit(matches, environment) }
        }
        "set" => PromotionAction::Set {
            run_id: matches.get_one::<String>("RUN_ID").cloned().unwrap_or_default(),
            audit: audit(matches, environment),
        },
        _ => PromotionAction::Show,
    };
    let options = PromotionOptions { action, json: matches.get_flag("json") };
    Ok(Command::Promotion { config: flags::config(matches, environment, None)?, options })
}

fn audit(matches: &ArgMatches, environment: &Environment) -> Audit {
    let given = |name: &str| matches.get_one::<String>(name).filter(|text| !text.trim().is_empty()).cloned();
    let user = environment.get("USER").filter(|user| !user.is_empty()).cloned();
    Audit {
        who: given("who").or(user).unwrap_or_else(|| UNKNOWN_PERSON.into()),
        why: given("why").unwrap_or_else(|| NO_REASON.into()),
    }
}

/// Shows or moves the pointer. Returns the text to print.
///
/// # Errors
/// The store cannot be used, or the pointer cannot be moved.
pub async fn work(config: &Config, options: &PromotionOptions) -> anyhow::Result<String> {
    let backends = CommandBackends::open(config, StoreAccessMode::Read).await?;
    let moves = matches!(options.action, PromotionAction::Rollback { .. } | PromotionAction::Set { .. });
    let is_safe = if moves { require_conditional_writes(config, &backends.objects).await } else { Ok(()) };
    let text = match is_safe {
        Ok(()) => answer(&backends, config, options).await,
        Err(error) => Err(error),
    };
    backends.close().await;
    text
}

async fn answer(backends: &CommandBackends, config: &Config, options: &PromotionOptions) -> anyhow::Result<String> {
    let (decisions, identifier) = (Decisions::new(backends.objects.clone()), config.identifier.as_str());
    let runs = Runs::new(backends.objects.clone()).within(memory_budget(config).models, 1);
    let decision = match &options.action {
        PromotionAction::Show => return show(&decisions, identifier, options.json).await,
        PromotionAction::History { limit } => return history(&decisions, identifier, *limit, options.json).await,
        PromotionAction::Rollback { to_generation, audit } => {
            roll_back(&decisions, &runs, identifier, *to_generation, audit.clone()).await?
        }
        PromotionAction::Set { run_id, audit } => {
            warm_up(&runs, identifier, run_id).await?;
            promote_run(&decisions, &runs, identifier, run_id, audit.clone()).await?
        }
    };
    if let Some(pointer) = &decision.pointer {
        backends.announce(pointer).await;
    }
    if options.json {
        return Ok(format!("{:#}", json!(decision)));
    }
    let by = decision.audit.as_ref().map_or(UNKNOWN_PERSON, |audit| audit.who.as_str());
    let (by, reason) = (plain(by), plain(&decision.reason));
    Ok(format!("generation {} of `{identifier}`, by {by}: {reason}", decision.generation))
}

async fn show(decisions: &Decisions, identifier: &str, json: bool) -> anyhow::Result<String> {
    let pointer = match decisions.pointer(identifier, None).await? {
        FetchedPointer::New { pointer, .. } => pointer,
        FetchedPointer::Unreadable { reason } => bail!(reason),
        FetchedPointer::Absent | FetchedPointer::Unchanged => {
            let last = decisions.newest(identifier, 1).await?.pop();
            bail!(nothing_promoted(identifier, last.as_ref()))
        }
    };
    if json {
        return Ok(format!("{:#}", json!(pointer)));
    }
    let standing: Vec<&str> = pointer.standing.names().collect();
    let Pointer { generation, seq, run_id, model_type, score, timestamp, previous, config_hash, dataset_id, .. } =
        *pointer;
    let model =
        if standing.is_empty() { model_type.to_string() } else { format!("{model_type} ({})", standing.join(", ")) };
    let rows = [
        ("identifier", identifier.to_owned()),
        ("generation", generation.to_string()),
        ("model", model),
        ("run", run_id),
        ("score", number(score)),
        ("promoted", timestamp),
        ("decision", seq.to_string()),
        ("previous run", previous.unwrap_or_else(|| "none".into())),
        ("config hash", config_hash),
        ("data set", dataset_id),
    ];
    Ok(table(["pointer", ""], rows.map(|(name, value)| [name.to_owned(), value])))
}

async fn history(decisions: &Decisions, identifier: &str, limit: usize, json: bool) -> anyhow::Result<String> {
    let newest_first = decisions.newest(identifier, limit).await?;
    if json {
        return Ok(format!("{:#}", json!(newest_first)));
    }
    if newest_first.is_empty() {
        return Ok(nothing_decided(identifier));
    }
    let rows = newest_first.iter().map(|decision| {
        let pointer = decision.pointer.as_ref();
        [
            decision.seq.to_string(),
            decision.decision.to_string(),
            decision.generation.to_string(),
            pointer.map_or_else(String::new, |pointer| pointer.model_type.to_string()),
            pointer.map_or_else(String::new, |pointer| pointer.run_id.clone()),
            number(pointer.and_then(|pointer| pointer.score)),
            decision.timestamp.clone(),
            decision.audit.as_ref().map_or_else(String::new, |audit| audit.who.clone()),
            decision.reason.clone(),
        ]
    });
    Ok(table(["seq", "decision", "generation", "serving", "run", "score", "when", "who", "why"], rows))
}

/// Checks that the model of a run loads and forecasts. A run without a model is refused by `promote_run`.
async fn warm_up(runs: &Runs, identifier: &str, run_id: &str) -> anyhow::Result<()> {
    let Some(run) = runs.find_by_id(identifier, run_id).await? else { return Ok(()) };
    let Some(artifact) = run.artifact() else { return Ok(()) };
    let refusal = || format!("run {run_id} cannot be served; the pointer stays as it is");
    let model = match fetch_model(runs, &artifact, 0).await {
        Ok(model) => model,
        Err(FetchError::Store(error)) => return Err(error.into()),
        Err(FetchError::Model(error)) => return Err(error).with_context(refusal),
    };
    tokio::task::spawn_blocking(move || model.warm_up()).await?.with_context(refusal)
}

fn nothing_promoted(identifier: &str, last: Option<&Decision>) -> String {
    match last {
        Some(decision) => format!(
            "nothing is promoted for `{identifier}`; decision {} ({}): {}",
            decision.seq,
            decision.decision,
            plain(&decision.reason)
        ),
        None => nothing_decided(identifier),
    }
}

fn nothing_decided(identifier: &str) -> String {
    format!(
        "nothing was ever decided for `{identifier}`; train a model with flts run, or name another series with --identifier"
    )
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.5}"))
}
