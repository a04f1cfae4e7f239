package simulator

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
)

// shell is a syntax for environment variables.
type shell string

var defaultShell = map[bool]shell{false: "sh", true: "powershell"}[runtime.GOOS == "windows"]

func (s *shell) set(value string) error {
	switch *s = shell(value); *s {
	case "sh", "powershell", "cmd":
		return nil
	}
	return fmt.Errorf("must be sh, powershell or cmd")
}

// variable is an environment variable of the programs that use the simulator.
type variable struct{ name, value string }

// reference returns how the shell writes the value of a variable.
func (s shell) reference(name string) string {
	switch s {
	case "powershell":
		return "$env:" + name
	case "cmd":
		return "%" + name + "%"
	}
	return "$" + name
}

// cli returns the lines that set the variables of the vendor's CLI.
func (s shell) cli() string {
	home := map[shell]string{"sh": "export ASTRO_HOME=$(mktemp -d)", "powershell": `$env:ASTRO_HOME = "$env:TEMP\astro"`, "cmd": `set "ASTRO_HOME=%TEMP%\astro"`}
	return "  " + home[s] + "\n  " + s.setting(variable{"ASTRO_DOMAIN", "localhost"}) + "\n  " + s.setting(variable{"ASTRO_TELEMETRY_DISABLED", "1"})
}

// setting returns the line that sets the variable in the shell.
func (s shell) setting(v variable) string {
	switch s {
	case "powershell":
		return fmt.Sprintf(`$env:%s = "%s"`, v.name, strings.NewReplacer("`", "``", `"`, "`\"", "$", "`$").Replace(v.value))
	case "cmd":
		return fmt.Sprintf(`set "%s=%s"`, v.name, v.value)
	}
	return "export " + v.name + "=" + command.ShellQuote(v.value)
}
