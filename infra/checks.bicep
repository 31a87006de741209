// Choices that do not go together. A wrong one stops the deployment, with advice, before anything is created.

targetScope = 'subscription'

@description('Size of the machines.')
param appServicePlanSku string

@description('Number of machines.')
param instances int

@description('Most machines with automatic scaling; 0 keeps the number fixed.')
param autoscaleMaxInstances int

@description('Pricing tier of the database server.')
param databaseTier string

@description('Standby database server.')
param databaseHighAvailability string

@description('How the app signs in to PostgreSQL.')
param databaseAuthentication string

@description('Password of the database administrator.')
@secure()
param databasePassword string

@description('Whether automatic scaling was asked of a plan that cannot scale.')
var scalesBasicPlan = autoscaleMaxInstances > 0 && startsWith(appServicePlanSku, 'B')

@description('Whether more machines were asked for than a Basic plan has.')
var overfillsBasicPlan = instances > 3 && startsWith(appServicePlanSku, 'B')

@description('Whether a standby was asked of a server that cannot have one.')
var standbyOfBurstable = databaseHighAvailability != 'Disabled' && databaseTier == 'Burstable'

@description('Whether the password is missing.')
var lacksPassword = databaseAuthentication == 'password' && empty(databasePassword)

@description('The word ok, or nothing because the deployment has failed.')
output result string = scalesBasicPlan
  ? fail('Automatic scaling needs a Standard or Premium plan: azd env set APP_SERVICE_PLAN_SKU P0v3')
  : overfillsBasicPlan
      ? fail('A Basic plan has 3 machines at most: azd env set APP_SERVICE_PLAN_SKU P0v3')
      : standbyOfBurstable
          ? fail('A standby server needs a larger database: azd env set DATABASE_SKU Standard_D2ds_v5')
          : lacksPassword ? fail('The database password is missing: azd env set-secret DATABASE_PASSWORD') : 'ok'
