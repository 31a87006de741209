// The site: the program, its identity and its settings.

@description('Azure region.')
param location string

@description('Name of the site.')
param name string

@description('Resource id of the App Service plan.')
param planId string

@description('Resource id of the subnet that the app reaches out from.')
param subnetId string

@description('Zip or container.')
@allowed(['zip', 'container'])
param deployMode string

@description('Built-in image that runs the binary in zip mode.')
param stack string

@description('The image in container mode; empty until the first deployment.')
param imageName string

@description('Resource id of the identity of the app.')
param identityId string

@description('Client id of the identity of the app.')
param identityClientId string

@description('Name of the identity of the app, which is its user name in PostgreSQL.')
param identityName string

@description('Name of the vault with the secrets.')
param keyVaultName string

@description('How the app signs in to PostgreSQL.')
@allowed(['entra', 'password'])
param databaseAuthentication string

@description('Host name of the database server.')
param databaseHost string

@description('Name of the database on the server.')
param databaseName string

@description('Name of the secret with the connection string; it exists only when the app signs in with a password.')
param connectionStringSecretName string

@description('Connections that one instance may hold.')
param databasePoolSize int

@description('Where telemetry goes.')
param applicationInsightsConnectionString string

@description('Public address if the site has a domain of its own; empty for the address that Azure gives.')
param baseUrl string

@description('Name of the secret with the key that signs session cookies.')
param sessionSecretName string

@description('Client id of the app registration; empty for a site without sign-in.')
param authClientId string

@description('Tenant whose users sign in, or organizations, common, consumers.')
param authTenantId string

@description('Tenants that are let in when there is more than one, by commas; empty to leave it unset.')
param authAllowedTenants string

@description('Name of the secret with the client secret; empty when the identity of the app stands in for it.')
param authClientSecretName string

@description('What needs an account: writes, all or none; empty for the default of the app.')
param signInRequired string

@description('Origin where users sign in.')
param authorityOrigin string

@description('Origin of Microsoft Graph.')
param graphOrigin string

@description('Audience of the token that stands in for a client secret.')
param tokenExchangeAudience string

@description('Further settings of the app, by name. They win over those below.')
#disable-next-line use-user-defined-types // any name may be set
param furtherSettings object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Whether the program is a container image.')
var isContainer = deployMode == 'container'

@description('The port on which the container listens.')
var containerPort = '8080'

@description('The image in container mode; until the first deployment one of Microsoft stands in.')
var image = empty(imageName) ? 'mcr.microsoft.com/appsvc/staticsite:latest' : imageName

// PID 1 must become the program, or it never hears that it should stop: hence the exec, here and in the script.
@description('What starts the program in zip mode.')
var startCommand = 'exec sh startup.sh'

@description('Start of a reference to a secret of the vault, to be closed with its name and a parenthesis.')
var secret = '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName='

@description('How to reach the database with a token in place of a password.')
var passwordless = 'dbname=${databaseName} host=${databaseHost} port=5432 sslmode=verify-full user=${identityName}'

@description('How to reach the database with a password, which stays in the vault.')
var withPassword = '${secret}${connectionStringSecretName})'

// Names and meanings are those of `app --help`. A setting that the app does not know fails `cargo xtask infra`.
@description('Settings of the app on every site.')
var settings = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  AZURE_AUTHORITY_HOST: authorityOrigin
  AZURE_GRAPH_URL: graphOrigin
  AZURE_MANAGED_IDENTITY_CLIENT_ID: identityClientId
  AZURE_POSTGRESQL_CONNECTIONSTRING: databaseAuthentication == 'password' ? withPassword : passwordless
  AZURE_TENANT_ID: authTenantId
  AZURE_TOKEN_EXCHANGE_AUDIENCE: tokenExchangeAudience
  DATABASE_POOL_SIZE: string(databasePoolSize)
  SESSION_SECRET_KEY: '${secret}${sessionSecretName})'
  SHUTDOWN_GRACE: '20s'
}

// An empty setting is not the same as none, so these are there only with a value.
@description('Address of a site with a domain of its own.')
var domainSettings = empty(baseUrl) ? {} : { BASE_URL: baseUrl }

@description('The app registration. This setting switches sign-in on.')
var registrationSettings = empty(authClientId) ? {} : { AZURE_CLIENT_ID: authClientId }

@description('The client secret, for a registration that has one.')
var secretSettings = empty(authClientSecretName) ? {} : { AZURE_CLIENT_SECRET: '${secret}${authClientSecretName})' }

@description('Tenants that are let in.')
var tenantSettings = empty(authAllowedTenants) ? {} : { AZURE_ALLOWED_TENANTS: authAllowedTenants }

@description('What needs an account.')
var accessSettings = empty(signInRequired) ? {} : { SIGN_IN_REQUIRED: signInRequired }

@description('Settings of the app that are only there when they have a value.')
var optionalSettings = union(domainSettings, registrationSettings, secretSettings, tenantSettings, accessSettings)

@description('Settings that App Service reads in zip mode: it must not try to build anything.')
var zipSettings = {
  ENABLE_ORYX_BUILD: 'false'
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'false'
}

@description('Settings that App Service and the app read in container mode.')
var containerSettings = {
  PORT: containerPort
  WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
  WEBSITES_PORT: containerPort
}

@description('Seconds until App Service kills a program that it asked to stop: room for SHUTDOWN_GRACE.')
var stopSettings = { WEBSITES_CONTAINER_STOP_TIME_LIMIT: '30' }

@description('Settings of the platform.')
var platformSettings = union(stopSettings, isContainer ? containerSettings : zipSettings)

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd deploys the service of this name here.
  tags: union(resourceGroup().tags, { 'azd-service-name': isContainer ? 'web-container' : 'web' })
  kind: isContainer ? 'app,linux,container' : 'app,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: planId
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    sshEnabled: !isContainer
    virtualNetworkSubnetId: subnetId
    outboundVnetRouting: {
      applicationTraffic: true
    }
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      linuxFxVersion: isContainer ? 'DOCKER|${image}' : stack
      appCommandLine: isContainer ? '' : startCommand
      acrUseManagedIdentityCreds: isContainer
      // The client id, not the resource id.
      acrUserManagedIdentityID: isContainer ? identityClientId : null
      alwaysOn: true
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      healthCheckPath: '/readyz'
    }
  }

  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
    dependsOn: [ftpPublishing]
  }

  // One resource with every setting: it replaces whatever was there.
  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, optionalSettings, platformSettings, furtherSettings)
    dependsOn: [scmPublishing]
  }

  resource logs 'config' = {
    name: 'logs'
    properties: {
      applicationLogs: {
        fileSystem: {
          level: 'Information'
        }
      }
      httpLogs: {
        fileSystem: {
          enabled: true
          retentionInDays: 7
          retentionInMb: 50
        }
      }
      detailedErrorMessages: {
        enabled: true
      }
      failedRequestsTracing: {
        enabled: true
      }
    }
    dependsOn: [appSettings]
  }
}

#disable-next-line use-recent-api-versions // the newest version of this type is a preview
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: site
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AppServiceHTTPLogs'
        enabled: true
      }
      {
        category: 'AppServiceConsoleLogs'
        enabled: true
      }
      {
        category: 'AppServicePlatformLogs'
        enabled: true
      }
      {
        category: 'AppServiceAuditLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Resource id of the site.')
output id string = site.id

@description('Name of the site.')
output name string = site.name

@description('Host name that Azure gave the site.')
output host string = site.properties.defaultHostName

@description('Host name of the tools of the site: log stream and SSH.')
output toolsHost string = first(filter(site.properties.hostNameSslStates, state => state.hostType == 'Repository'))!.name
