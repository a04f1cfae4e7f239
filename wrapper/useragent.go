package wrapper

import "runtime/debug"

const module = "github.com/astro-finalize/astro-finalize-go"

// userAgent returns this library's name and version for the User-Agent header.
func userAgent() string {
	build, _ := debug.ReadBuildInfo()
	return "astro-finalize-go/" + versionIn(build)
}

// versionIn returns the version of this module that a program was built with.
func versionIn(build *debug.BuildInfo) string {
	if build != nil {
		for _, dependency := range build.Deps {
			if dependency.Path == module && dependency.Version != "" {
				return dependency.Version
			}
		}
	}
	return "devel"
}
