// A client of the .NET kind: stubs that `wsdl` made, over XmlSerializer. Arguments: address, key. Calls come as JSON
// on stdin, outcomes go to stdout.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Web.Script.Serialization;
using System.Web.Services.Protocols;
using System.Xml;

public static class Client
{
    static readonly JavaScriptSerializer Json = new JavaScriptSerializer { MaxJsonLength = int.MaxValue };

    public static void Main(string[] arguments)
    {
        var listino = new Listino { Url = arguments[0], PreAuthenticate = true };
        listino.Credentials = new NetworkCredential("dotnet", arguments[1]);
        var outcomes = new List<object>();
        foreach (Dictionary<string, object> call in (IEnumerable)Json.DeserializeObject(Console.In.ReadToEnd()))
            outcomes.Add(Outcome(listino, (string)call["operation"], call["request"]));
        Console.Write(Json.Serialize(outcomes));
    }

    static object Outcome(Listino listino, string operation, object said)
    {
        var method = listino.GetType().GetMethod(operation);
        var request = Read(said, method.GetParameters()[0].ParameterType);
        try
        {
            return new Dictionary<string, object> { { "result", Written(method.Invoke(listino, new[] { request })) } };
        }
        catch (TargetInvocationException error)
        {
            return new Dictionary<string, object> { { "fault", Problem(error.InnerException) } };
        }
    }

    static object Problem(Exception error)
    {
        var problem = new Dictionary<string, object>();
        var fault = error as SoapException;
        if (fault == null || fault.Detail == null)
            return new Dictionary<string, object> { { "code", "no_detail" }, { "text", error.ToString() } };
        var top = fault.Detail.LocalName == "Problem" ? fault.Detail : fault.Detail.FirstChild;
        foreach (XmlNode part in top.ChildNodes) problem[part.LocalName] = part.InnerText;
        return problem;
    }

    // What JSON says, as the type that the stub wants; a field beside it tells that it is there.
    static object Read(object said, Type type)
    {
        if (type == typeof(string)) return said.ToString();
        if (type == typeof(DateTime))
            return DateTime.Parse((string)said, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
        if (type.IsPrimitive || type == typeof(decimal))
            return Convert.ChangeType(said, type, CultureInfo.InvariantCulture);
        if (type.IsArray)
        {
            var members = said as IList;
            if (members == null) foreach (var only in ((Dictionary<string, object>)said).Values) members = (IList)only;
            var array = Array.CreateInstance(type.GetElementType(), members.Count);
            for (var place = 0; place < members.Count; place++)
                array.SetValue(Read(members[place], type.GetElementType()), place);
            return array;
        }
        var found = Activator.CreateInstance(type);
        foreach (var field in (Dictionary<string, object>)said)
        {
            var property = Member(type, field.Key);
            Set(property, found, Read(field.Value, TypeOf(property)));
            var told = Member(type, field.Key + "Specified");
            if (told != null) Set(told, found, true);
        }
        return found;
    }

    static object Written(object found)
    {
        if (found == null || found is string || found is bool) return found;
        if (found is decimal) return ((decimal)found).ToString(CultureInfo.InvariantCulture);
        if (found is DateTime) return ((DateTime)found).ToUniversalTime().ToString("o", CultureInfo.InvariantCulture);
        if (found.GetType().IsPrimitive) return Convert.ToString(found, CultureInfo.InvariantCulture);
        if (found is IEnumerable)
        {
            var members = new List<object>();
            foreach (var member in (IEnumerable)found) if (!(member is XmlElement)) members.Add(Written(member));
            return members;
        }
        var written = new Dictionary<string, object>();
        foreach (var member in found.GetType().GetMembers(BindingFlags.Public | BindingFlags.Instance))
        {
            if (!(member is PropertyInfo) && !(member is FieldInfo)) continue;
            if (member.Name.EndsWith("Specified") || member.Name == "Any") continue;
            var told = Member(found.GetType(), member.Name + "Specified");
            if (told != null && !(bool)Get(told, found)) continue;
            var value = Written(Get(member, found));
            if (value != null) written[member.Name] = value;
        }
        return written;
    }

    static MemberInfo Member(Type type, string name)
    {
        return (MemberInfo)type.GetProperty(name) ?? type.GetField(name);
    }

    static Type TypeOf(MemberInfo member)
    {
        return member is PropertyInfo ? ((PropertyInfo)member).PropertyType : ((FieldInfo)member).FieldType;
    }

    static object Get(MemberInfo member, object holder)
    {
        return member is PropertyInfo ? ((PropertyInfo)member).GetValue(holder, null) : ((FieldInfo)member).GetValue(holder);
    }

    static void Set(MemberInfo member, object holder, object value)
    {
        if (member is PropertyInfo) ((PropertyInfo)member).SetValue(holder, value, null);
        else ((FieldInfo)member).SetValue(holder, value);
    }
}
