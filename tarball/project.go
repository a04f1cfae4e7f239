package tarball

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// projectMarks are globs, in lower case, for names that are common next to the dags folder of a project or
// repository and rare inside it. The latter is not true of .airflowignore, .gitignore, README.md and
// __init__.py.
var projectMarks = []string{
	".astro", "airflow_settings.y*ml", "airflow.cfg", "packages.txt", "requirements*.txt", "requirements*.in", "constraints*.txt",
	"dockerfile*", ".dockerignore", "containerfile", "docker-compose*.y*ml", "compose*.y*ml",
	".git", ".hg", ".svn", ".github", ".travis.y*ml", "bitbucket-pipelines.y*ml", ".gitlab-ci.y*ml", ".circleci", "azure-pipelines.y*ml", "jenkinsfile", "makefile", "gnumakefile", "justfile", ".pre-commit-config.y*ml",
	"pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini", "conftest.py", "noxfile.py", "environment.y*ml", "pixi.toml", ".python-version", "pipfile*", "uv.lock", "poetry.lock", "pdm.lock",
}

func isProjectMark(name string) bool {
	return slices.ContainsFunc(projectMarks, func(glob string) bool {
		matched, _ := path.Match(glob, strings.ToLower(name))
		return matched
	})
}

// checkTop rejects a project folder that was passed instead of its dags folder: one that contains a folder
// dags, and next to it either no DAG or a project mark.
func (p *packer) checkTop(top *dir, entries []fs.DirEntry) error {
	if p.cfg.prefixSet || p.cfg.prefix != dags {
		return nil
	}
	inner, mark, hasDAG := "", "", false
	for _, entry := range entries {
		name := entry.Name()
		if mark == "" && isProjectMark(name) {
			mark = name
		}
		switch {
		case p.excluded(name, entry.IsDir()):
		case strings.EqualFold(name, dags) && isFolder(top, entry):
			inner = name // if there is also a folder Dags, dags comes last
		case !entry.IsDir() && mayContainDAG(name) && name != "__init__.py":
			hasDAG = true
		}
	}
	if inner == "" || hasDAG && mark == "" {
		return nil
	}
	problem := "contains a folder " + inner + " and no DAG next to it"
	if mark != "" {
		problem = "contains a folder " + inner + " next to " + quote(mark) + ", like a project folder"
	}
	fix := "use Dir(" + quote(filepath.Join(p.cfg.folder, inner)) + ")"
	if p.cfg.isFS {
		fix = "pass the result of fs.Sub(fsys, " + quote(inner) + ")"
	}
	return &Error{Path: p.cfg.folder, Rule: problem + ", so its DAGs would end up below dags/" + inner + "/; " + fix + `, or add the option Prefix("dags") if that is intended`}
}

// isFolder reports whether an entry is a directory or a symlink to one.
func isFolder(at *dir, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.IsDir()
	}
	info, err := at.stat(entry.Name())
	return err == nil && info.IsDir()
}

// mayContainDAG reports whether a file of that name may contain DAGs.
func mayContainDAG(name string) bool {
	ending := path.Ext(name)
	return strings.EqualFold(ending, ".py") || strings.EqualFold(ending, ".zip")
}
