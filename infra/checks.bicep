// Combinations of parameters that Azure would reject. They fail the deployment before any resource is created.

targetScope = 'subscription'

@description('Size of the App Service plan.')
param appServicePlanSku string

@description('Number of instances.')
param instances int

@description('Maximum number of instances with autoscale; 0 for a fixed number.')
param autoscaleMaxInstances int

@description('Pricing tier of the database server.')
param databaseTier string

@description('High availability of the database server.')
param databaseHighAvailability string

@description('Built-in connection pooler of the database server.')
param databasePooler bool

@description('Number of read replicas of the database server.')
param databaseReadReplicas int

@description('Whether autoscale was chosen with a plan that does not support it.')
var autoscalesBasicPlan = autoscaleMaxInstances > 0 && startsWith(appServicePlanSku, 'B')

@description('Whether more instances were chosen than a Basic plan has.')
var exceedsBasicPlan = instances > 3 && startsWith(appServicePlanSku, 'B')

@description('Whether high availability was chosen with a Burstable size, which does not support it.')
var standbyOfBurstable = databaseHighAvailability != 'Disabled' && databaseTier == 'Burstable'

@description('Whether the connection pooler was chosen with a Burstable size, which does not have it.')
var poolsBurstable = databasePooler && databaseTier == 'Burstable'

@description('Whether read replicas were chosen with a Burstable size, which does not support them.')
var replicatesBurstable = databaseReadReplicas > 0 && databaseTier == 'Burstable'

@description('The word ok. With an invalid combination the deployment fails instead.')
output result string = autoscalesBasicPlan
  ? fail('Autoscale needs a Standard or Premium plan: azd env set APP_SERVICE_PLAN_SKU P0v3')
  : exceedsBasicPlan
      ? fail('A Basic plan has at most 3 instances: azd env set APP_SERVICE_PLAN_SKU P0v3')
      : standbyOfBurstable
          ? fail('High availability needs a larger database size. An existing Burstable server takes two steps: azd env set DATABASE_SKU Standard_D2ds_v5; azd env set DATABASE_HIGH_AVAILABILITY Disabled; azd provision; then set DATABASE_HIGH_AVAILABILITY again; azd provision')
          : poolsBurstable
              ? fail('The connection pooler needs a larger database size: azd env set DATABASE_SKU Standard_D2ds_v5; or azd env set DATABASE_POOLER false')
              : replicatesBurstable
                  ? fail('Read replicas need a larger database size: azd env set DATABASE_SKU Standard_D2ds_v5; or azd env set DATABASE_READ_REPLICAS 0')
                  : 'ok'
