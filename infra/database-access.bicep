// The administrator and the database of the server, in this order: a database belongs to the role that creates it.
//
// The service reports a new or updated server as ready before it accepts an administrator
// (https://github.com/Azure/azure-postgresql/issues/127). Two things prevent the failure: main.bicep deploys this module
// after the site, which takes a minute or more at every deployment, and what is still refused is retried.

@description('Name of the database server.')
param serverName string

@description('Name of the managed identity of the app, which becomes administrator of the server.')
param appIdentityName string

@description('Object id of the managed identity of the app.')
param appPrincipalId string

@description('Name of the database.')
param databaseName string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' existing = {
  name: serverName
}

// retryOn needs Bicep 0.45, which azd 1.30 contains (https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-retryon).
// The error of an asynchronous operation can arrive as the detail of a ResourceDeploymentFailure.
@retryOn(
  [
    'AadAuthOperationCannotBePerformedWhenServerIsNotAccessible'
    'ServerIsBusy'
    'ServerBusy'
    'ResourceDeploymentFailure'
  ],
  20
)
resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = {
  parent: server
  name: appPrincipalId
  properties: {
    principalName: appIdentityName
    principalType: 'ServicePrincipal'
    tenantId: tenant().tenantId
  }
}

// The server accepts one change at a time.
@retryOn(['ServerIsBusy', 'ServerBusy', 'ResourceDeploymentFailure'], 20)
resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: server
  name: databaseName
  properties: {
    charset: 'UTF8'
    collation: 'en_US.utf8'
  }
  dependsOn: [administrator]
}
