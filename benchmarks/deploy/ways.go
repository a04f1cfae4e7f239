package main

import "context"

// way is one way from a folder to the version of its uploaded tarball.
type way struct {
	name    string
	missing func() string // names missing programs; nil if it needs none
	deploy  func(ctx context.Context, dir, uploadURL string) (version string, err error)
}

// baseline is the way that the others are compared with.
const baseline = "cli"

var ways = []way{
	{name: baseline, deploy: deployCLI},
	{name: "stdlib", deploy: deployStdlib},
	{name: "tar|gzip|curl", deploy: deployShell, missing: missingTools},
	{name: "ours", deploy: deployOurs},
	{name: "ours-fastest", deploy: deployFastest},
	{name: "floor", deploy: deployFloor},
}
