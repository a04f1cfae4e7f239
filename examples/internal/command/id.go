package command

import (
	"cmp"
	"os"
)

// The environment variables of a real deploy.
const (
	TokenVariable        = "ASTRO_API_TOKEN"
	URLVariable          = "ASTRO_API_URL"
	OrganizationVariable = "ASTRO_ORGANIZATION_ID"
	DeploymentVariable   = "ASTRO_DEPLOYMENT_ID"
)

// ID returns the value of a flag or else that of a variable. The error names both.
func ID(value, flag, variable string) (string, error) {
	if value = cmp.Or(value, os.Getenv(variable)); value == "" {
		return "", UsageErrorf("%s must be set, unless %s is given", variable, flag)
	}
	return value, nil
}

// Simulated returns an error if a variable of a real deploy is set: a simulation then is a forgotten -live.
func Simulated() error {
	for _, variable := range []string{TokenVariable, URLVariable, OrganizationVariable, DeploymentVariable} {
		if os.Getenv(variable) != "" {
			return UsageErrorf("%s is set, which is for a real deploy: add -live, or unset it to run the simulation", variable)
		}
	}
	return nil
}
