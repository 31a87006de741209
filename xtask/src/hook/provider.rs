//! What the region must offer to the subscription.

use super::azure::{Azure, Finding};

/// The sizes of PostgreSQL servers, but none where the region is closed to the subscription.
const SIZES: &str = "[?!(supportedFeatures[?name=='OfferRestricted' && status=='Enabled'])]\
    .supportedServerEditions[].supportedServerSkus[].name";

const OTHER_REGION: &str = "choose another region: azd env set AZURE_LOCATION REGION";

/// The region has PostgreSQL flexible servers of this size for this subscription.
pub(super) fn postgres_offer(azure: &Azure, location: &str, size: &str) -> Result<Finding, String> {
    let options = [
        "--subscription",
        azure.subscription,
        "--location",
        location,
        "--query",
        SIZES,
    ];
    let sizes = match azure.lines("postgres flexible-server list-skus", &options) {
        Err(reason) if is_restriction(&reason) => Vec::new(),
        sizes => sizes?,
    };
    if sizes.is_empty() {
        return Ok(Finding::Problem(format!(
            "{location} does not offer PostgreSQL flexible servers to this subscription: {OTHER_REGION}"
        )));
    }
    if sizes
        .iter()
        .any(|offered| offered.eq_ignore_ascii_case(size))
    {
        return Ok(Finding::Good);
    }
    Ok(Finding::Problem(format!(
        "{location} has no PostgreSQL server of the size {size}: {OTHER_REGION}, or another size: azd env set DATABASE_SKU SIZE"
    )))
}

/// The region has Linux machines of this size for App Service.
pub(super) fn plan_offer(azure: &Azure, location: &str, size: &str) -> Result<Finding, String> {
    let command = "appservice list-locations --linux-workers-enabled --query [].name";
    let options = ["--subscription", azure.subscription, "--sku", size];
    let regions = azure.lines(command, &options)?;
    let offered = regions
        .iter()
        .any(|region| plain(region) == plain(location));
    if offered || regions.is_empty() {
        return Ok(Finding::Good);
    }
    Ok(Finding::Problem(format!(
        "{location} has no App Service machines of the size {size}: {OTHER_REGION}, or another size: azd env set APP_SERVICE_PLAN_SKU SIZE"
    )))
}

/// The subscription may have one more machine of this size in the region.
pub(super) fn plan_quota(azure: &Azure, location: &str, size: &str) -> Result<Finding, String> {
    let subscription = azure.subscription;
    let address = format!(
        "/subscriptions/{subscription}/providers/Microsoft.Web/locations/{location}/usages?api-version=2024-11-01"
    );
    let rows = azure.get(&address, "value[].[name.value, currentValue, limit]")?;
    let mut left = rows.iter().filter_map(|row| quota(row, size));
    if left.all(|left| left > 0) {
        return Ok(Finding::Good);
    }
    Ok(Finding::Problem(format!(
        "no App Service machine of the size {size} is left to this subscription in {location}: ask for more (portal, Quotas, App Service), {OTHER_REGION}, or another size: azd env set APP_SERVICE_PLAN_SKU SIZE"
    )))
}

/// A region that is closed to the subscription, in the words of the service.
fn is_restriction(reason: &str) -> bool {
    let words = [
        "restricted",
        "No available SKUs",
        "LocationNotAvailable",
        "NotAvailableForSubscription",
    ];
    words.iter().any(|word| reason.contains(word))
}

/// How many are left, if the row of name, use and limit is about this size.
fn quota(row: &str, size: &str) -> Option<i64> {
    let mut cells = row.split('\t');
    let is_of_size = cells
        .next()?
        .split(' ')
        .any(|word| word.eq_ignore_ascii_case(size));
    let used: i64 = cells.next()?.parse().ok()?;
    let limit: i64 = cells.next()?.parse().ok()?;
    is_of_size.then_some(limit - used)
}

/// `West Europe` and `westeurope` are one region.
fn plain(region: &str) -> String {
    region.to_ascii_lowercase().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::{plain, quota};

    #[test]
    fn a_quota_counts_only_for_its_own_size() {
        assert_eq!(quota("B1 VMs\t3\t10", "B1"), Some(7));
        assert_eq!(quota("P1v3 VMs\t0\t0", "P1v3"), Some(0));
        assert_eq!(quota("P1v3 VMs\t0\t0", "B1"), None);
        assert_eq!(quota("Cores usage\tNone\t-1", "B1"), None);
    }

    #[test]
    fn a_region_has_one_name() {
        assert_eq!(plain("West Europe"), plain("westeurope"));
    }
}
