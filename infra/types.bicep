// Types that several modules share.

@export()
@description('Tags of every resource: what it belongs to.')
type Tags = {
  @description('A tag.')
  *: string
}

@export()
@description('How the program gets to App Service: as a zip with the binary, or as a container image.')
type DeployMode = 'zip' | 'container'

@export()
@description('How the app signs in to PostgreSQL: with a token of its managed identity, or with a password.')
type DatabaseAuthentication = 'entra' | 'password'
