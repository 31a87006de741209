// What differs between the Azure clouds and environment() does not tell.

@description('The facts of one cloud that the deployment needs.')
type Cloud = {
  @description('Where users sign in, if it is not the login endpoint of environment().')
  authority: string?

  @description('Origin of Microsoft Graph.')
  graph: string

  @description('Suffix of the host names of PostgreSQL flexible servers.')
  postgresSuffix: string

  @description('Audience of a managed identity token that stands in for a client secret.')
  tokenExchangeAudience: string
}

@export()
@description('The clouds by their environment().name.')
var clouds {
  @description('A cloud.')
  *: Cloud
} = {
  AzureCloud: {
    graph: 'https://graph.microsoft.com'
    postgresSuffix: 'postgres.database.azure.com'
    tokenExchangeAudience: 'api://AzureADTokenExchange'
  }
  AzureUSGovernment: {
    graph: 'https://graph.microsoft.us'
    postgresSuffix: 'postgres.database.usgovcloudapi.net'
    tokenExchangeAudience: 'api://AzureADTokenExchangeUSGov'
  }
  AzureChinaCloud: {
    authority: 'https://login.partner.microsoftonline.cn'
    graph: 'https://microsoftgraph.chinacloudapi.cn'
    postgresSuffix: 'postgres.database.chinacloudapi.cn'
    tokenExchangeAudience: 'api://AzureADTokenExchangeChina'
  }
}
