package command

import (
	"cmp"
	"os"
	"strings"
)

// The environment variables of a real deploy.
const (
	TokenVariable        = "ASTRO_API_TOKEN"
	URLVariable          = "ASTRO_API_URL"
	OrganizationVariable = "ASTRO_ORGANIZATION_ID"
	DeploymentVariable   = "ASTRO_DEPLOYMENT_ID"
)

// Require returns the IDs of a real deploy, those of the flags or else those of the variables. The error names all
// that is missing, the token included.
func Require(organization, deployment string) (organizationID, deploymentID string, err error) {
	organization = cmp.Or(organization, os.Getenv(OrganizationVariable))
	deployment = cmp.Or(deployment, os.Getenv(DeploymentVariable))
	var missing []string
	if os.Getenv(TokenVariable) == "" {
		missing = append(missing, TokenVariable)
	}
	if organization == "" {
		missing = append(missing, OrganizationVariable+" (or -organization)")
	}
	if deployment == "" {
		missing = append(missing, DeploymentVariable+" (or -deployment)")
	}
	if len(missing) > 0 {
		text := strings.Join(missing[1:], " and ")
		if text != "" {
			text = map[int]string{2: " and ", 3: ", "}[len(missing)] + text
		}
		return "", "", UsageErrorf("set %s%s", missing[0], text)
	}
	return organization, deployment, nil
}

// ID returns the value of a flag or else that of a variable. The error names both.
func ID(value, flag, variable string) (string, error) {
	if value = cmp.Or(value, os.Getenv(variable)); value == "" {
		return "", UsageErrorf("%s must be set, unless %s is given", variable, flag)
	}
	return value, nil
}

// CheckSimulation returns an error if a variable of a real deploy is set: a simulation then is a forgotten -live.
func CheckSimulation() error {
	for _, variable := range []string{TokenVariable, URLVariable, OrganizationVariable, DeploymentVariable} {
		if os.Getenv(variable) != "" {
			return UsageErrorf("%s is set, which is for a real deploy: add -live, or unset it to run the simulation", variable)
		}
	}
	return nil
}
