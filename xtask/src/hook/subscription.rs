//! What the subscription must permit.

use super::azure::{Azure, Finding};

/// Whoever deploys gives roles to the identity of the app.
const ROLE_ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments/write";

/// Starts of the names of Azure's offers that are paid with free credit.
const TRIALS: [&str; 2] = ["FreeTrial", "AzureForStudents"];

/// Whoever is signed in may assign roles.
pub(super) fn role_assignment(azure: &Azure) -> Result<Finding, String> {
    let subscription = azure.subscription;
    let address = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    );
    let rows = azure.get(
        &address,
        "value[].[join(' ', actions), join(' ', notActions)]",
    )?;
    let permits = rows.iter().any(|row| {
        let (actions, denied) = row.split_once('\t').unwrap_or((row, ""));
        names_assignment(actions) && !names_assignment(denied)
    });
    if permits {
        return Ok(Finding::Good);
    }
    Ok(Finding::Problem(
        "you may not assign roles in this subscription, which the identity of the app needs: have somebody make you Owner, or Contributor and User Access Administrator".to_owned(),
    ))
}

/// The subscription may build images in a registry.
pub(super) fn registry_build(azure: &Azure) -> Result<Finding, String> {
    let address = format!(
        "/subscriptions/{}?api-version=2022-12-01",
        azure.subscription
    );
    let offer = azure
        .get(&address, "subscriptionPolicies.quotaId")?
        .concat();
    if TRIALS.iter().any(|trial| offer.starts_with(trial)) {
        return Ok(Finding::Problem(format!(
            "a trial subscription ({offer}) may not build images in a registry: azd env set DEPLOY_MODE zip"
        )));
    }
    Ok(Finding::Good)
}

/// Whether one of the actions covers role assignments; each may have stars.
fn names_assignment(actions: &str) -> bool {
    actions
        .split(' ')
        .any(|action| covers(action, ROLE_ASSIGNMENT))
}

fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((start, end)) = pattern.split_once('*') else {
        return pattern == action;
    };
    let Some(rest) = action.strip_prefix(start) else {
        return false;
    };
    end.is_empty() || (0..rest.len()).any(|offset| covers(end, &rest[offset..]))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn an_action_with_stars_covers_what_fits() {
        let action = "Microsoft.Authorization/roleAssignments/write";
        for pattern in [
            "*",
            "*/write",
            "Microsoft.Authorization/*",
            "Microsoft.Authorization/*/Write",
            action,
        ] {
            assert!(covers(pattern, action), "{pattern}");
        }
        for pattern in [
            "",
            "*/read",
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Web/*",
        ] {
            assert!(!covers(pattern, action), "{pattern}");
        }
    }
}
