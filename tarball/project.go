package tarball

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// projectMarks are names, as globs in lower case, of what lies beside the dags folder in an
// Astro project or in a repository, and rarely in a dags folder, unlike .airflowignore,
// .gitignore, README.md and __init__.py.
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

// checkTop refuses the folder around the dags folder where the dags folder is meant: one that
// holds a folder dags, and either no DAG beside it or what marks a project.
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
		case p.leftOut(name, entry.IsDir()):
		case strings.EqualFold(name, dags) && isFolder(top, entry):
			inner = name // the last is dags itself, if there are Dags, too
		case !entry.IsDir() && mayRun(name) && name != "__init__.py":
			hasDAG = true
		}
	}
	if inner == "" || hasDAG && mark == "" {
		return nil
	}
	what := "holds a folder " + inner + " and no DAG beside it"
	if mark != "" {
		what = "holds a folder " + inner + " beside " + quote(mark) + " like the project around a dags folder"
	}
	cure := "Dir(" + quote(filepath.Join(p.cfg.folder, inner)) + ")"
	if p.cfg.isFS {
		cure = "what fs.Sub(fsys, " + quote(inner) + ") returns"
	}
	return &Error{Path: p.cfg.folder, Rule: what + ", so that its DAGs would lie below dags/" + inner + "/; pass " + cure + `, or the option Prefix("dags") if that is meant`}
}

// isFolder reports whether an entry is a directory or a symlink to one.
func isFolder(at *dir, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.IsDir()
	}
	info, err := at.stat(entry.Name())
	return err == nil && info.IsDir()
}

// mayRun reports whether DAGs can be in a file of that name.
func mayRun(name string) bool {
	ending := path.Ext(name)
	return strings.EqualFold(ending, ".py") || strings.EqualFold(ending, ".zip")
}
