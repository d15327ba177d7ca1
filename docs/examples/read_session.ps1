<#
.SYNOPSIS
    Prints the session token of a Coder deployment.
.DESCRIPTION
    The token is looked for where all Coder clients keep it: on Windows in the Credential Manager, and then, as on other
    systems, in two plaintext files. For Windows PowerShell 5.1 and PowerShell 7; nothing has to be installed.
.PARAMETER Url
    The deployment. Without it, it is the one in CODER_URL.
.EXAMPLE
    .\read_session.ps1 https://dev.example.com
#>
param([string] $Url = $env:CODER_URL)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
$onWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'

# PowerShell has no command for this: https://learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credreadw
$credentialManager = @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;

public static class CoderCredential
{
    private const uint Generic = 1;
    private const int NotFound = 1168;
    private const int NoSuchLogonSession = 1312;

    [StructLayout(LayoutKind.Sequential)]
    private struct Credential
    {
        public uint Flags;
        public uint Type;
        public IntPtr TargetName;
        public IntPtr Comment;
        public uint LastWrittenLow;
        public uint LastWrittenHigh;
        public uint BlobSize;
        public IntPtr Blob;
        public uint Persist;
        public uint AttributeCount;
        public IntPtr Attributes;
        public IntPtr TargetAlias;
        public IntPtr UserName;
    }

    [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool CredReadW(string targetName, uint type, uint flags, out IntPtr credential);

    [DllImport("advapi32.dll", ExactSpelling = true)]
    private static extern void CredFree(IntPtr buffer);

    // A copy of the blob; null where there is no such credential, or no credentials at all, as in an SSH logon.
    public static byte[] ReadBlob(string targetName)
    {
        IntPtr found;
        if (!CredReadW(targetName, Generic, 0, out found))
        {
            int error = Marshal.GetLastWin32Error();
            if (error == NotFound || error == NoSuchLogonSession)
            {
                return null;
            }
            throw new Win32Exception(error);
        }
        try
        {
            Credential credential = (Credential)Marshal.PtrToStructure(found, typeof(Credential));
            byte[] blob = new byte[credential.BlobSize];
            if (blob.Length > 0)
            {
                Marshal.Copy(credential.Blob, blob, 0, blob.Length);
            }
            return blob;
        }
        finally
        {
            CredFree(found);
        }
    }
}
'@

# Scheme, host and port, as a session records them: no default port. Nothing for what is no URL of a deployment.
function Get-Origin([string] $Text) {
    $uri = $null
    if ([Uri]::TryCreate($Text.Trim(), [UriKind]::Absolute, [ref] $uri) -and $uri.Scheme -in 'http', 'https') {
        "$($uri.Scheme)://$($uri.Authority)"
    }
}

# Whether a session that records this URL is one of the origin: a token for https must not go out by http.
# Older clients record the host alone. That is read as https, and on this machine as http too.
function Test-Session([string] $Recorded, [string] $Origin) {
    if ($Recorded.Contains('://')) {
        return (Get-Origin $Recorded) -ceq $Origin
    }
    $uri = [Uri] $Origin
    $Recorded -ceq $uri.Authority -and
        ($uri.Scheme -eq 'https' -or $uri.Host -in 'localhost', '127.0.0.1', '[::1]')
}

# The value of a JSON object's field. PowerShell minds no case in names, and JSON does.
function Get-Field($Object, [string] $Name) {
    if ($Object -is [System.Management.Automation.PSCustomObject]) {
        $Object.PSObject.Properties | Where-Object { $_.Name -ceq $Name } | ForEach-Object { $_.Value }
    }
}

# What the credential holds; nothing where there is none.
function Read-Credential {
    Add-Type -TypeDefinition $credentialManager
    $blob = [CoderCredential]::ReadBlob('coder-v2-credentials')
    if ($null -eq $blob) {
        return
    }
    # JSON in UTF-8 has no byte 0: this is UTF-16, as Control Panel leaves it after an edit.
    $encoding = if ($blob -contains 0) { [Text.Encoding]::Unicode } else { [Text.Encoding]::UTF8 }
    $text = $encoding.GetString($blob).TrimStart([char] 0xFEFF)
    $stored = try {
        ConvertFrom-Json $text
    } catch {
        $null  # the error repeats the whole text, with every token in it
    }
    if ($stored -isnot [System.Management.Automation.PSCustomObject]) {
        throw "the stored session can't be understood"
    }
    $stored
}

# The token in the Credential Manager: in a map from host to session, or in a single session, the form at first.
function Find-CredentialToken([string] $Origin) {
    $stored = Read-Credential
    $isSingle = (Get-Field $stored 'api_token') -is [string]
    $session = if ($isSingle) { $stored } else { Get-Field $stored ([Uri] $Origin).Authority }
    if (Test-Session (Get-Field $session 'coder_url') $Origin) {
        Get-Field $session 'api_token'
    }
}

# The token in the file `session`, if the file `url` beside it names the origin.
function Find-FileToken([string] $Origin) {
    $directory = Get-ConfigDirectory
    $url, $session = (Join-Path $directory 'url'), (Join-Path $directory 'session')
    $isThere = (Test-Path -LiteralPath $url) -and (Test-Path -LiteralPath $session)
    if ($isThere -and (Get-Origin (Get-Content -LiteralPath $url -Raw)) -ceq $Origin) {
        ([string] (Get-Content -LiteralPath $session -Raw)).Trim()
    }
}

function Get-ConfigDirectory {
    if ($env:CODER_CONFIG_DIR) {
        $env:CODER_CONFIG_DIR
    } elseif ($onWindows) {
        Join-Path $env:APPDATA 'coderv2'
    } elseif ($IsMacOS) {
        Join-Path $HOME 'Library/Application Support/coderv2'
    } elseif ($env:XDG_CONFIG_HOME) {
        Join-Path $env:XDG_CONFIG_HOME 'coderv2'
    } else {
        Join-Path $HOME '.config/coderv2'
    }
}

try {
    $origin = Get-Origin $Url
    if (-not $origin) {
        throw 'name a deployment by its URL, such as https://dev.example.com'
    }
    $token = if ($onWindows) { Find-CredentialToken $origin }
    if (-not $token) {
        $token = Find-FileToken $origin
    }
    if (-not $token) {
        throw "no session of $origin is stored here; log in with: coder login $origin"
    }
} catch {
    [Console]::Error.WriteLine("error: $($_.Exception.Message)")
    exit 1
}
$token
