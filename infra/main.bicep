// All resources of the site, in one resource group. `azd up` deploys this file.
// In order: parameters, derived values, modules, outputs.

targetScope = 'subscription'

// ---- Parameters. main.parameters.json has the name of each for `azd env set NAME VALUE`. ----

@description('Name of the azd environment, which is part of the name of the resource group.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region of all resources.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of the deploying user or pipeline, which may read and write secrets; empty for nobody.')
param principalId string = ''

@description('Type of the deploying principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

@description('Deployment mode: zip (a binary) or container (an image that a registry builds).')
@allowed(['zip', 'container'])
param deployMode string = 'zip'

@description('Image that azd deployed last, which azd sets. Only for container mode.')
param webImageName string = ''

@description('Size of the App Service plan. Basic (B) is the cheapest; autoscale needs Standard (S) or Premium (P).')
@allowed(['B1', 'B2', 'B3', 'S1', 'S2', 'S3', 'P0v3', 'P1v3', 'P2v3', 'P3v3'])
param appServicePlanSku string = 'B1'

@description('Number of instances. With autoscale the minimum, which is at least 2.')
@minValue(1)
@maxValue(10)
param instances int = 1

@description('Maximum number of instances with autoscale; 0 for a fixed number.')
@minValue(0)
@maxValue(10)
param autoscaleMaxInstances int = 0

@description('Compute size of the database server.')
@allowed([
  'Standard_B1ms'
  'Standard_B2s'
  'Standard_B2ms'
  'Standard_D2ds_v5'
  'Standard_D4ds_v5'
  'Standard_D8ds_v5'
  'Standard_E2ds_v5'
  'Standard_E4ds_v5'
])
param databaseSku string = 'Standard_B1ms'

@description('Major version of PostgreSQL. A higher one upgrades an existing server in place, which cannot be undone.')
@allowed(['16', '17', '18'])
param databaseVersion string = '17'

@description('Storage of the database server in GiB. It can grow, never shrink.')
@allowed([32, 64, 128, 256, 512, 1024, 2048, 4096])
param databaseStorageGB int = 32

@description('Retention of database backups in days.')
@minValue(7)
@maxValue(35)
param databaseBackupRetentionDays int = 7

@description('Copy database backups to the paired region. Can only be chosen when the server is created.')
param databaseGeoRedundantBackup bool = false

@description('High availability: no standby server, one in the same zone, or one in another zone. Not for Burstable (B) sizes.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string = 'Disabled'

@description('Built-in connection pooler of the database server (PgBouncer). Not for Burstable (B) sizes.')
param databasePooler bool = false

@description('Number of read replicas of the database server, which pages of anonymous visitors are read from. Not for Burstable (B) sizes.')
@minValue(0)
@maxValue(2)
param databaseReadReplicas int = 0

@description('Sign-in with Entra ID for users of the site.')
param enableEntraAuth bool = false

@description('Client id of the app registration. `cargo xtask entra` creates the registration and sets this.')
param authClientId string = ''

@description('Tenant whose users sign in; empty for the tenant of the subscription.')
param authTenantId string = ''

@description('Name of a key vault secret with a client secret; empty to use the managed identity instead of a secret.')
param authClientSecretName string = ''

@description('What needs sign-in once it is configured; empty for the default of the app, writes.')
@allowed(['', 'writes', 'all', 'none'])
param signInRequired string = ''

@description('Public origin of the site with a custom domain, such as https://www.example.com.')
param baseUrl string = ''

@description('Further app settings, as an object of names and values.')
#disable-next-line use-user-defined-types // any name may be set
param appSettings object = {}

@description('Email address that alerts are sent to; empty for alerts in the portal only.')
param alertEmail string = ''

@description('Retention of logs in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Daily cap of log ingestion in gigabytes; -1 for no cap.')
param logDailyQuotaGB int = 1

@description('Purge protection of the key vault. It cannot be disabled again.')
param keyVaultPurgeProtection bool = false

// ---- Derived values. ----

@description('Prefixes of resource names, by kind.')
var abbreviations = loadJsonContent('abbreviations.json')

@description('Suffix that makes resource names globally unique, the same at every deployment.')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))

@description('Values per cloud that environment() does not have.')
var clouds = loadJsonContent('clouds.json')

@description('Values of this cloud.')
var cloud = clouds[environment().name]

// `connections` is max_connections of the size minus the 15 that are reserved for the service,
// https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits
@description('Tier and connections of each compute size of the database server.')
var databaseSizes = loadJsonContent('database-sizes.json')

@description('Tier and connections of the chosen compute size.')
var databaseSize = databaseSizes[databaseSku]

@description('Name of the managed identity of the app.')
var identityName = '${abbreviations.managedIdentity}${resourceToken}'

@description('Name of the key vault.')
var keyVaultName = '${abbreviations.keyVault}${resourceToken}'

@description('Name of the site.')
var siteName = '${abbreviations.site}${resourceToken}'

@description('Name of the database on the server.')
var databaseName = 'app'

@description('Name of the secret with the key that signs session cookies.')
var sessionSecretName = 'session-secret-key'

@description('Host name of the Entra ID authority.')
var loginHost = replace(replace(environment().authentication.loginEndpoint, 'https://', ''), '/', '')

@description('Origin of the Entra ID authority.')
var authorityOrigin = cloud.?authority ?? 'https://${loginHost}'

@description('Whether autoscale is on.')
var autoscales = autoscaleMaxInstances > 0

@description('Minimum number of instances. With autoscale at least two, so that one may fail.')
var leastInstances = autoscales ? max(instances, 2) : instances

@description('Maximum number of instances.')
var mostInstances = autoscales ? max(autoscaleMaxInstances, leastInstances) : instances

// During a restart the old process still holds its connections: each instance counts twice.
// Five connections are left for psql, `./app migrate` and the like. Beside its pool an instance has a connection for each
// replica, by which it measures how far the replica is behind.
@description('Size of the connection pool of an instance, such that all instances together cannot exhaust the server.')
var databasePoolSize = max(1, min(20, (databaseSize.connections - 5) / (mostInstances * 2) - databaseReadReplicas))

// ---- Modules. ----

module checks 'checks.bicep' = {
  params: {
    appServicePlanSku: appServicePlanSku
    instances: instances
    autoscaleMaxInstances: autoscaleMaxInstances
    databaseTier: databaseSize.tier
    databaseHighAvailability: databaseHighAvailability
    databasePooler: databasePooler
    databaseReadReplicas: databaseReadReplicas
  }
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  // azd finds the group by this tag. The resources in the group get the same tags.
  tags: {
    'azd-env-name': environmentName
  }
  dependsOn: [checks]
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    location: location
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${resourceToken}'
    applicationInsightsName: '${abbreviations.applicationInsights}${resourceToken}'
    retentionDays: logRetentionDays
    dailyQuotaGB: logDailyQuotaGB
  }
}

module identity 'identity.bicep' = {
  scope: group
  params: {
    location: location
    name: identityName
  }
}

module network 'network.bicep' = {
  scope: group
  params: {
    location: location
    name: '${abbreviations.virtualNetwork}${resourceToken}'
    securityGroupPrefix: '${abbreviations.networkSecurityGroup}${resourceToken}-'
  }
}

module privateDns 'private-dns.bicep' = {
  scope: group
  params: {
    name: '${resourceToken}.private.${cloud.postgresSuffix}'
    networkId: network.outputs.id
  }
}

module keyVault 'key-vault.bicep' = {
  scope: group
  params: {
    location: location
    name: keyVaultName
    appIdentityName: identityName
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    purgeProtection: keyVaultPurgeProtection
    workspaceId: monitoring.outputs.workspaceId
  }
}

module sessionKey 'session-key.bicep' = {
  scope: group
  params: {
    keyVaultName: keyVaultName
    secretName: sessionSecretName
  }
  dependsOn: [keyVault]
}

module database 'database.bicep' = {
  scope: group
  params: {
    location: location
    name: '${abbreviations.postgresServer}${resourceToken}'
    version: databaseVersion
    sku: databaseSku
    tier: databaseSize.tier
    storageGB: databaseStorageGB
    backupRetentionDays: databaseBackupRetentionDays
    geoRedundantBackup: databaseGeoRedundantBackup
    highAvailability: databaseHighAvailability
    subnetId: network.outputs.databaseSubnetId
    privateDnsZoneId: privateDns.outputs.id
    workspaceId: monitoring.outputs.workspaceId
  }
}

module databasePoolerSettings 'database-pooler.bicep' = if (databaseSize.tier != 'Burstable') {
  scope: group
  params: {
    serverName: database.outputs.name
    enabled: databasePooler
  }
}

@batchSize(1)
module databaseReplicas 'database-replica.bicep' = [
  for number in range(1, databaseReadReplicas): {
    scope: group
    params: {
      location: location
      name: '${abbreviations.postgresServer}${resourceToken}-replica${number}'
      sourceServerId: database.outputs.id
      sku: databaseSku
      tier: databaseSize.tier
      storageGB: databaseStorageGB
      subnetId: network.outputs.databaseSubnetId
      privateDnsZoneId: privateDns.outputs.id
    }
  }
]

module registry 'registry.bicep' = if (deployMode == 'container') {
  scope: group
  params: {
    location: location
    name: '${abbreviations.containerRegistry}${resourceToken}'
    appIdentityName: identityName
    appPrincipalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module plan 'plan.bicep' = {
  scope: group
  params: {
    location: location
    name: '${abbreviations.plan}${resourceToken}'
    autoscaleName: '${abbreviations.autoscale}${resourceToken}'
    sku: appServicePlanSku
    instances: leastInstances
    autoscaleMaxInstances: autoscales ? mostInstances : 0
    workspaceId: monitoring.outputs.workspaceId
  }
}

// The roles of the identity are assigned first, so that the first start can read the secrets and pull the image.
module web 'web.bicep' = {
  scope: group
  params: {
    location: location
    name: siteName
    planId: plan.outputs.id
    subnetId: network.outputs.appSubnetId
    deployMode: deployMode
    imageName: webImageName
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    identityName: identityName
    keyVaultName: keyVault.outputs.name
    databaseHost: database.outputs.host
    databasePort: databasePooler ? 6432 : 5432
    databaseReplicaHosts: [for index in range(0, databaseReadReplicas): databaseReplicas[index].outputs.host]
    databaseName: databaseName
    databasePoolSize: databasePoolSize
    applicationInsightsConnectionString: monitoring.outputs.applicationInsightsConnectionString
    baseUrl: baseUrl
    sessionSecretName: sessionKey.outputs.secretName
    authClientId: enableEntraAuth ? authClientId : ''
    authTenantId: empty(authTenantId) ? tenant().tenantId : authTenantId
    authClientSecretName: authClientSecretName
    signInRequired: signInRequired
    authorityOrigin: authorityOrigin
    graphOrigin: cloud.graph
    tokenExchangeAudience: cloud.tokenExchangeAudience
    furtherSettings: appSettings
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [registry]
}

// After the site, because the new server is not ready for an administrator at once. The app waits for its database.
module databaseAccess 'database-access.bicep' = {
  scope: group
  params: {
    serverName: database.outputs.name
    appIdentityName: identityName
    #disable-next-line what-if-short-circuiting // the name of an administrator is its object id, known after deployment
    appPrincipalId: identity.outputs.principalId
    databaseName: databaseName
  }
  dependsOn: [web]
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    siteName: siteName
    siteId: web.outputs.id
    actionGroupName: '${abbreviations.actionGroup}${resourceToken}'
    email: alertEmail
  }
}

// ---- Outputs. azd stores them in its environment, where hooks and `cargo xtask` read them. ----

@description('Region of the resources.')
output AZURE_LOCATION string = location

@description('Tenant of the subscription.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Resource group of the site.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Registry of the image; empty in zip mode.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.?outputs.loginServer ?? ''

@description('Name of the key vault.')
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name

@description('Client id of the managed identity of the app.')
output AZURE_MANAGED_IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('Object id of the managed identity of the app, which is the subject of the federated credential of the app registration.')
output AZURE_MANAGED_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Origin of the Entra ID authority.')
output AZURE_AUTHORITY_HOST string = authorityOrigin

@description('Audience of the federated credential of the app registration.')
output AZURE_TOKEN_EXCHANGE_AUDIENCE string = cloud.tokenExchangeAudience

@description('Name of the site.')
output SERVICE_WEB_NAME string = web.outputs.name

@description('URL of the site.')
output WEB_URI string = empty(baseUrl) ? 'https://${web.outputs.host}' : baseUrl

@description('URL of the log stream.')
output WEB_APP_LOG_STREAM string = 'https://${web.outputs.toolsHost}/api/logstream'

@description('URL of the SSH session in the browser; empty in container mode.')
output WEB_APP_SSH string = deployMode == 'container' ? '' : 'https://${web.outputs.toolsHost}/webssh/host'

@description('URL of the environment variables of the site in the portal.')
output WEB_APP_CONFIG string = uri(environment().portal, '#resource${web.outputs.id}/environmentVariables')
