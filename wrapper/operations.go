package wrapper

// Names of the operations, as in openapi.yaml.
const (
	opCreateDeploy   = "CreateDeploy"
	opFinalizeDeploy = "FinalizeDeploy"
	opGetDeploy      = "GetDeploy"
	opListDeploys    = "ListDeploys"
)
