// The site: start command, managed identity, app settings, logs.

@description('Azure region.')
param location string

@description('Name of the site.')
param name string

@description('Resource id of the App Service plan.')
param planId string

@description('Resource id of the subnet for outbound traffic.')
param subnetId string

@description('Deployment mode.')
@allowed(['zip', 'container'])
param deployMode string

@description('Image in container mode; empty until the first deployment.')
param imageName string

@description('Resource id of the managed identity of the app.')
param identityId string

@description('Client id of the managed identity of the app.')
param identityClientId string

@description('Name of the managed identity of the app, which is its user name in PostgreSQL.')
param identityName string

@description('Name of the key vault.')
param keyVaultName string

@description('Host name of the database server.')
param databaseHost string

@description('Port of the database server: 5432, or 6432 for its connection pooler.')
param databasePort int

@description('Host names of the read replicas.')
param databaseReplicaHosts array

@description('Name of the database on the server.')
param databaseName string

@description('Size of the connection pool of an instance.')
param databasePoolSize int

@description('Connection string of Application Insights.')
param applicationInsightsConnectionString string

@description('Public origin with a custom domain; empty for the default domain.')
param baseUrl string

@description('Name of the secret with the key that signs session cookies.')
param sessionSecretName string

@description('Client id of the app registration; empty for a site without sign-in.')
param authClientId string

@description('Tenant whose users sign in, or organizations, common, consumers.')
param authTenantId string

@description('Name of the secret with the client secret; empty to use the managed identity instead.')
param authClientSecretName string

@description('What needs sign-in: writes, all or none; empty for the default of the app.')
param signInRequired string

@description('Origin of the Entra ID authority.')
param authorityOrigin string

@description('Origin of Microsoft Graph.')
param graphOrigin string

@description('Audience of the token that replaces a client secret.')
param tokenExchangeAudience string

@description('Further app settings, by name. They override those below.')
#disable-next-line use-user-defined-types // any name may be set
param furtherSettings object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Whether the site runs a container image.')
var isContainer = deployMode == 'container'

@description('Port that the container listens on.')
var containerPort = '8080'

@description('Image in container mode; before the first deployment a placeholder of Microsoft.')
var image = empty(imageName) ? 'mcr.microsoft.com/appsvc/staticsite:latest' : imageName

// Any built-in image runs the static binary. `az webapp list-runtimes --os linux` lists those of your cloud.
@description('Built-in image in zip mode.')
var stack = 'DOTNETCORE|10.0'

// exec, here and in the script, makes the app process 1. Otherwise it does not receive SIGTERM.
@description('Start command in zip mode.')
var startCommand = 'exec sh startup.sh'

@description('Prefix of a key vault reference; the name of the secret and a parenthesis complete it.')
var secret = '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName='

@description('Connection string without a password: the app signs in with a token of its managed identity.')
var passwordless = 'dbname=${databaseName} host=${databaseHost} port=${databasePort} sslmode=verify-full user=${identityName}'

// `app --help` describes each. `cargo xtask infra` fails for a setting that the app does not know.
@description('App settings of every site.')
var settings = {
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  AZURE_AUTHORITY_HOST: authorityOrigin
  AZURE_GRAPH_URL: graphOrigin
  AZURE_MANAGED_IDENTITY_CLIENT_ID: identityClientId
  AZURE_POSTGRESQL_CONNECTIONSTRING: passwordless
  AZURE_TENANT_ID: authTenantId
  AZURE_TOKEN_EXCHANGE_AUDIENCE: tokenExchangeAudience
  DATABASE_POOL_SIZE: string(databasePoolSize)
  SESSION_SECRET_KEY: '${secret}${sessionSecretName})'
  SHUTDOWN_GRACE: '20s'
}

// An empty setting is not the same as an absent one, so these are present with a value only.
@description('Origin of a site with a custom domain.')
var domainSettings = empty(baseUrl) ? {} : { BASE_URL: baseUrl }

@description('URLs of the read replicas, without a password as well.')
var replicaUrls = [
  for host in databaseReplicaHosts: 'postgres://${identityName}@${host}:5432/${databaseName}?sslmode=verify-full'
]

@description('Read replicas.')
var replicaSettings = empty(databaseReplicaHosts) ? {} : { DATABASE_READ_URL: join(replicaUrls, ',') }

@description('App registration. This setting enables sign-in.')
var registrationSettings = empty(authClientId) ? {} : { AZURE_CLIENT_ID: authClientId }

@description('Client secret, for a registration that has one.')
var secretSettings = empty(authClientSecretName) ? {} : { AZURE_CLIENT_SECRET: '${secret}${authClientSecretName})' }

@description('What needs sign-in.')
var accessSettings = empty(signInRequired) ? {} : { SIGN_IN_REQUIRED: signInRequired }

@description('App settings that are present with a value only.')
var optionalSettings = union(domainSettings, replicaSettings, registrationSettings, secretSettings, accessSettings)

@description('Settings of App Service in zip mode: deploy the zip without a build.')
var zipSettings = {
  ENABLE_ORYX_BUILD: 'false'
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'false'
}

@description('Settings of App Service and of the app in container mode.')
var containerSettings = {
  PORT: containerPort
  WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
  WEBSITES_PORT: containerPort
}

@description('Seconds between SIGTERM and SIGKILL, more than SHUTDOWN_GRACE.')
var stopSettings = { WEBSITES_CONTAINER_STOP_TIME_LIMIT: '30' }

@description('Settings of App Service.')
var platformSettings = union(stopSettings, isContainer ? containerSettings : zipSettings)

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the site of a service by this tag.
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

  // All settings in one resource: a deployment replaces every setting of the site.
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

@description('Default host name of the site.')
output host string = site.properties.defaultHostName

@description('Host name of Kudu, which serves log stream and SSH.')
output toolsHost string = first(filter(site.properties.hostNameSslStates, state => state.hostType == 'Repository'))!.name
