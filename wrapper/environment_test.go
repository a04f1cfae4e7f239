package wrapper

import "os"

// ASTRO_API_URL in the environment must not redirect the tests.
func init() { _ = os.Unsetenv(baseURLVariable) }
