package main

import "context"

// way is one from a folder to the version of a tarball that is uploaded.
type way struct {
	name    string
	missing func() string // names what the machine lacks for it; nil if it needs nothing
	deploy  func(ctx context.Context, dir, uploadURL string) (version string, err error)
}

// baseline is what the others are compared with.
const baseline = "cli"

var ways = []way{
	{name: baseline, deploy: deployCLI},
	{name: "stdlib", deploy: deployStdlib},
	{name: "tar|gzip|curl", deploy: deployShell, missing: missingTools},
	{name: "ours", deploy: deployOurs},
	{name: "ours-fastest", deploy: deployFastest},
	{name: "floor", deploy: deployFloor},
}
